/* The Python face of screen.c. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "screen.h"
#include "screen_module.h"

PyObject *screen_texts(PyObject *self, PyObject *args) {
    Py_buffer data, offsets, validity, out;
    int offset_bytes, status = BAD_COLUMN;
    Py_ssize_t first, rows;
    (void)self;
    if (!PyArg_ParseTuple(args, "y*y*y*innw*", &data, &offsets, &validity, &offset_bytes, &first, &rows, &out)) return NULL;
    PyObject *result = NULL;
    if (kind_of && first >= 0 && rows >= 0 && (size_t)out.len / (4 * SCREENED_COUNT) >= (size_t)rows) {
        column view = {
            .data = data.buf, .offsets = offsets.buf, .validity = validity.len ? validity.buf : NULL,
            .data_size = (size_t)data.len, .offsets_size = (size_t)offsets.len, .validity_size = (size_t)validity.len,
            .offset_bytes = offset_bytes, .first = (size_t)first, .rows = (size_t)rows,
        };
        Py_BEGIN_ALLOW_THREADS
        status = screen_rows(&view, out.buf);
        Py_END_ALLOW_THREADS
    }
    if (status == OK) result = Py_NewRef(Py_None);
    else PyErr_SetString(PyExc_ValueError, status == TOO_LONG ? "a text has 2 GiB or more"
                                                              : "offsets or output do not fit, or configure() was not called");
    PyBuffer_Release(&out);
    PyBuffer_Release(&validity);
    PyBuffer_Release(&offsets);
    PyBuffer_Release(&data);
    return result;
}
