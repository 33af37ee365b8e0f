/* The Python face of rows.c; module.c lists these functions. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "rows.h"
#include "rows_module.h"

typedef struct {
    Py_buffer data, offsets, validity;
    int offset_bytes;
    Py_ssize_t first, rows;
} argument;

#define FORMAT "(y*y*y*inn)"
#define TARGETS(a) &(a).data, &(a).offsets, &(a).validity, &(a).offset_bytes, &(a).first, &(a).rows

static column view(const argument *a) {
    return (column){
        .data = a->data.buf, .offsets = a->offsets.buf, .validity = a->validity.len ? a->validity.buf : NULL,
        .data_size = (size_t)a->data.len, .offsets_size = (size_t)a->offsets.len,
        .validity_size = (size_t)a->validity.len, .offset_bytes = a->offset_bytes,
        .first = (size_t)a->first, .rows = (size_t)a->rows,
    };
}

static void release(argument *a) {
    PyBuffer_Release(&a->data);
    PyBuffer_Release(&a->offsets);
    PyBuffer_Release(&a->validity);
}

static PyObject *refuse(int status) {
    if (status == NO_MEMORY) return PyErr_NoMemory();
    PyErr_SetString(PyExc_ValueError, "a column has nulls, or its offsets do not fit its data");
    return NULL;
}

PyObject *py_row_leaves(PyObject *self, PyObject *args) {
    argument a[4];
    Py_buffer out;
    int has_extras, status = BAD_COLUMN;
    (void)self;
    if (!PyArg_ParseTuple(args, FORMAT FORMAT FORMAT FORMAT "pw*", TARGETS(a[0]), TARGETS(a[1]), TARGETS(a[2]),
                          TARGETS(a[3]), &has_extras, &out))
        return NULL;
    column c[4];
    int fits = (size_t)out.len / HASH_BYTES >= (size_t)a[0].rows;
    for (int i = 0; i < 4; i++) {
        c[i] = view(&a[i]);
        fits = fits && a[i].first >= 0 && a[i].rows == a[0].rows;
    }
    if (fits && a[0].rows >= 0) {
        Py_BEGIN_ALLOW_THREADS
        status = row_leaves(&c[0], &c[1], &c[2], has_extras ? &c[3] : NULL, out.buf);
        Py_END_ALLOW_THREADS
    }
    PyBuffer_Release(&out);
    for (int i = 0; i < 4; i++) release(&a[i]);
    return status == OK ? Py_NewRef(Py_None) : refuse(status);
}

PyObject *py_tree_root(PyObject *self, PyObject *args) {
    Py_buffer leaves, out;
    int status = BAD_COLUMN;
    (void)self;
    if (!PyArg_ParseTuple(args, "y*w*", &leaves, &out)) return NULL;
    if (leaves.len % HASH_BYTES == 0 && out.len == HASH_BYTES) {
        Py_BEGIN_ALLOW_THREADS
        status = tree_root(leaves.buf, (size_t)leaves.len / HASH_BYTES, out.buf);
        Py_END_ALLOW_THREADS
    }
    PyBuffer_Release(&out);
    PyBuffer_Release(&leaves);
    return status == OK ? Py_NewRef(Py_None) : refuse(status);
}
