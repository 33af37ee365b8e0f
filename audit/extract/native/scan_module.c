/* The Python face of the JSON line scanner. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "kernels.h"
#include "scan.h"
#include "scan_module.h"

const char scan_lines_doc[] =
    "scan_lines(data, names, longest)\n--\n\n"
    "Check each line of data strictly as one JSON object that holds a text under each of the names.\n\n"
    "Return (accepted, status of each line (0 accepted, 1 blank, 2 in doubt), int64 start of each line, and for\n"
    "each name int64 offsets and UTF-8 data of the accepted lines' texts); None where most lines would be in doubt.";

static PyObject *room(size_t size) { return PyBytes_FromStringAndSize(NULL, (Py_ssize_t)size); }

static PyObject *texts_of(const scan *s, size_t field, const uint8_t *status) {
    PyObject *offsets = room(8 * (s->accepted + 1)), *texts = room(scan_text_bytes(s, field)), *result = NULL;
    if (offsets && texts) {
        int64_t *starts = (int64_t *)(void *)PyBytes_AsString(offsets);
        uint8_t *data = (uint8_t *)PyBytes_AsString(texts);
        Py_BEGIN_ALLOW_THREADS
        scan_put(s, field, status, starts, data);
        Py_END_ALLOW_THREADS
        result = PyTuple_Pack(2, offsets, texts);
    }
    Py_XDECREF(offsets);
    Py_XDECREF(texts);
    return result;
}

static PyObject *scanned(scan *s, const Py_buffer *data) {
    PyObject *status = room(s->lines), *starts = room(8 * s->lines), *columns = NULL, *result = NULL;
    if (!status || !starts) goto done;
    uint8_t *verdicts = (uint8_t *)PyBytes_AsString(status);
    int64_t *offsets = (int64_t *)(void *)PyBytes_AsString(starts);
    Py_BEGIN_ALLOW_THREADS
    scan_run(s, data->buf, (size_t)data->len, verdicts, offsets);
    Py_END_ALLOW_THREADS
    if (!s->accepted) {
        result = Py_NewRef(Py_None);
        goto done;
    }
    columns = PyTuple_New((Py_ssize_t)s->field_count);
    for (size_t f = 0; columns && f < s->field_count; f++) {
        PyObject *column = texts_of(s, f, verdicts);
        if (!column || PyTuple_SetItem(columns, (Py_ssize_t)f, column) < 0) goto done;
    }
    if (columns) result = Py_BuildValue("nOOO", (Py_ssize_t)s->accepted, status, starts, columns);
done:
    Py_XDECREF(status);
    Py_XDECREF(starts);
    Py_XDECREF(columns);
    return result;
}

PyObject *scan_lines(PyObject *self, PyObject *args) {
    Py_buffer data;
    PyObject *names, *result = NULL;
    Py_ssize_t longest;
    wanted_field fields[SCAN_FIELDS];
    scan s = {.fields = fields};
    (void)self;
    if (!PyArg_ParseTuple(args, "y*O!n", &data, &PyTuple_Type, &names, &longest)) return NULL;
    s.field_count = (size_t)PyTuple_Size(names), s.longest = longest < 0 ? 0 : (size_t)longest;
    if (s.field_count == 0 || s.field_count > SCAN_FIELDS) {
        PyErr_SetString(PyExc_ValueError, "between 1 and 16 names are looked for");
        goto done;
    }
    for (size_t f = 0; f < s.field_count; f++) {
        char *name;
        Py_ssize_t size;
        if (PyBytes_AsStringAndSize(PyTuple_GetItem(names, (Py_ssize_t)f), &name, &size) < 0) goto done;
        fields[f] = (wanted_field){(const uint8_t *)name, (size_t)size};
    }
    Py_BEGIN_ALLOW_THREADS
    s.lines = scan_count(data.buf, (size_t)data.len);
    Py_END_ALLOW_THREADS
    if (s.lines > (size_t)data.len / 24 + 64) { /* the spans would take more room than the lines */
        result = Py_NewRef(Py_None);
    } else if (scan_start(&s) == OK) {
        result = scanned(&s, &data);
    } else {
        PyErr_NoMemory();
    }
done:
    scan_end(&s);
    PyBuffer_Release(&data);
    return result;
}
