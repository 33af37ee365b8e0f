/* audit._kernels: the Python face of the C kernels. Buffers in, buffers out; the interpreter lock is released. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "kernels.h"
#include "scan_module.h"
#include "rows_module.h"
#include "near_module.h"
#include "screen_module.h"

static PyObject *kinds; /* keeps the table that kind_of points into */
static int is_configured;

static PyObject *fail(int status) {
    if (status == NO_MEMORY) return PyErr_NoMemory();
    PyErr_SetString(PyExc_ValueError, status == TOO_LONG ? "a text has 2 GiB or more"
                                                         : "the array's offsets do not fit its data");
    return NULL;
}

/* ---- columns and outputs ---- */

typedef struct {
    Py_buffer data, offsets, validity;
    column view;
} column_argument;

static void release_column(column_argument *a) {
    PyBuffer_Release(&a->data);
    PyBuffer_Release(&a->offsets);
    PyBuffer_Release(&a->validity);
}

static int view_column(column_argument *a, int offset_bytes, Py_ssize_t first, Py_ssize_t rows) {
    if (!is_configured) {
        PyErr_SetString(PyExc_RuntimeError, "configure() comes first");
        return 0;
    }
    if (first < 0 || rows < 0) {
        PyErr_SetString(PyExc_ValueError, "first row and number of rows must not be negative");
        return 0;
    }
    a->view = (column){
        .data = a->data.buf, .offsets = a->offsets.buf, .validity = a->validity.len ? a->validity.buf : NULL,
        .data_size = (size_t)a->data.len, .offsets_size = (size_t)a->offsets.len,
        .validity_size = (size_t)a->validity.len, .offset_bytes = offset_bytes,
        .first = (size_t)first, .rows = (size_t)rows,
    };
    return 1;
}

static int has_room(const Py_buffer *out, size_t rows, size_t bytes) {
    if ((size_t)out->len / bytes >= rows) return 1;
    PyErr_SetString(PyExc_ValueError, "the output buffer is too small");
    return 0;
}

#define COLUMN_FORMAT "y*y*y*inn"
#define COLUMN_TARGETS(a) &(a).data, &(a).offsets, &(a).validity, &offset_bytes, &first, &rows

/* A function of a column that fills one buffer of so many bytes a row. */
#define COLUMN_FUNCTION(name, kernel, row_bytes)                                                     \
    static PyObject *name(PyObject *self, PyObject *args) {                                          \
        column_argument a;                                                                           \
        Py_buffer out;                                                                               \
        int offset_bytes, status;                                                                    \
        Py_ssize_t first, rows;                                                                      \
        (void)self;                                                                                  \
        if (!PyArg_ParseTuple(args, COLUMN_FORMAT "w*", COLUMN_TARGETS(a), &out)) return NULL;       \
        PyObject *result = NULL;                                                                     \
        if (view_column(&a, offset_bytes, first, rows) && has_room(&out, a.view.rows, row_bytes)) {  \
            Py_BEGIN_ALLOW_THREADS                                                                   \
            status = kernel(&a.view, out.buf);                                                       \
            Py_END_ALLOW_THREADS                                                                     \
            result = status == OK ? Py_NewRef(Py_None) : fail(status);                               \
        }                                                                                            \
        PyBuffer_Release(&out);                                                                      \
        release_column(&a);                                                                          \
        return result;                                                                               \
    }

PyDoc_STRVAR(count_features_doc, "count_features(data, offsets, validity, offset_bytes, first, rows, out)\n--\n\n"
                                 "Write the counts of each text into out, int32 of shape (rows, 28).");
COLUMN_FUNCTION(py_count_features, count_features, 4 * FEATURE_COUNT)

PyDoc_STRVAR(text_edges_doc, "text_edges(data, offsets, validity, offset_bytes, first, rows, out)\n--\n\n"
                             "Write hashes of the first and the last eight words of each text into out, uint64 of shape\n"
                             "(rows, 2); zeros where null or too short.");
COLUMN_FUNCTION(py_text_edges, edge_rows, 16)

PyDoc_STRVAR(digests_doc, "digests(data, offsets, validity, offset_bytes, first, rows, out)\n--\n\n"
                          "Write the BLAKE2b-128 digest of each value into out, uint8 of shape (rows, 16).");
COLUMN_FUNCTION(py_digests, hash_blobs, KEY_BYTES)

PyDoc_STRVAR(text_keys_doc, "text_keys(data, offsets, validity, offset_bytes, first, rows, out, left)\n--\n\n"
                            "Write the digest of each text's normal form into out, uint8 of shape (rows, 16);\n"
                            "set left[row] to 1 where that needs Unicode's data, and return how many those are.");

static PyObject *py_text_keys(PyObject *self, PyObject *args) {
    column_argument a;
    Py_buffer out, left;
    int offset_bytes, status;
    size_t others;
    Py_ssize_t first, rows;
    (void)self;
    if (!PyArg_ParseTuple(args, COLUMN_FORMAT "w*w*", COLUMN_TARGETS(a), &out, &left)) return NULL;
    PyObject *result = NULL;
    if (view_column(&a, offset_bytes, first, rows) && has_room(&out, a.view.rows, KEY_BYTES) &&
        has_room(&left, a.view.rows, 1)) {
        Py_BEGIN_ALLOW_THREADS
        status = hash_texts(&a.view, out.buf, left.buf, &others);
        Py_END_ALLOW_THREADS
        result = status == OK ? PyLong_FromSize_t(others) : fail(status);
    }
    PyBuffer_Release(&left);
    PyBuffer_Release(&out);
    release_column(&a);
    return result;
}

/* ---- configuration ---- */

static int add_phrase(PyObject *item) {
    int group;
    PyObject *words;
    const uint8_t *word[LONGEST_PHRASE];
    size_t size[LONGEST_PHRASE];
    if (!PyArg_ParseTuple(item, "iO!", &group, &PyTuple_Type, &words)) return 0;
    Py_ssize_t count = PyTuple_Size(words);
    for (Py_ssize_t k = 0; k < count && k < LONGEST_PHRASE; k++) {
        char *bytes;
        Py_ssize_t length;
        if (PyBytes_AsStringAndSize(PyTuple_GetItem(words, k), &bytes, &length) < 0) return 0;
        word[k] = (const uint8_t *)bytes;
        size[k] = (size_t)length;
    }
    if (lexicon_add(group, (size_t)count, word, size) == OK) return 1;
    PyErr_SetString(PyExc_ValueError, "a phrase has a wrong group or number of words");
    return 0;
}

static int add_inert(PyObject *item) {
    unsigned first, last;
    if (!PyArg_ParseTuple(item, "II", &first, &last)) return 0;
    if (forms_add_inert(first, last) == OK) return 1;
    PyErr_SetString(PyExc_ValueError, "a range of code points is out of bounds");
    return 0;
}

static int add_form(PyObject *item) {
    unsigned point;
    const char *bytes;
    Py_ssize_t size;
    if (!PyArg_ParseTuple(item, "Iy#", &point, &bytes, &size)) return 0;
    if (forms_add(point, (const uint8_t *)bytes, (size_t)size) == OK) return 1;
    PyErr_SetString(PyExc_ValueError, "a form of a code point is out of bounds");
    return 0;
}

/* Hands every item of a list to `add`. */
static int add_all(PyObject *list, int (*add)(PyObject *)) {
    Py_ssize_t count = PyList_Size(list);
    for (Py_ssize_t i = 0; i < count; i++)
        if (!add(PyList_GetItem(list, i))) return 0;
    return 1;
}

PyDoc_STRVAR(configure_doc, "configure(kinds, phrases, inert, forms)\n--\n\n"
                            "Set the table of kinds, bytes of shape (0x110000,); the phrases, a list of\n"
                            "(group, (word, ...)) with words as folded UTF-8; the code points that are their own\n"
                            "normal form, a list of (first, last); and the forms of others, a list of (code point,\n"
                            "UTF-8). Called once, before any other function; further calls do nothing.");

static PyObject *configure(PyObject *self, PyObject *args) {
    PyObject *table, *phrases, *inert, *forms;
    (void)self;
    if (!PyArg_ParseTuple(args, "O!O!O!O!", &PyBytes_Type, &table, &PyList_Type, &phrases, &PyList_Type, &inert,
                          &PyList_Type, &forms))
        return NULL;
    if (is_configured) Py_RETURN_NONE; /* other threads may be reading */
    if (PyBytes_Size(table) != POINTS) {
        PyErr_SetString(PyExc_ValueError, "the table of kinds needs one byte a code point");
        return NULL;
    }
    if (lexicon_reset((size_t)PyList_Size(phrases)) != OK || forms_reset() != OK) return PyErr_NoMemory();
    if (!add_all(phrases, add_phrase) || !add_all(inert, add_inert) || !add_all(forms, add_form)) return NULL;
    if (lexicon_close() != OK) return PyErr_NoMemory();
    classify_prepare();
    kinds = Py_NewRef(table);
    kind_of = (const uint8_t *)PyBytes_AsString(table);
    is_configured = 1;
    Py_RETURN_NONE;
}

/* ---- module: one line a function ---- */

static PyMethodDef methods[] = {
    {"configure", configure, METH_VARARGS, configure_doc},
    {"count_features", py_count_features, METH_VARARGS, count_features_doc},
    {"text_keys", py_text_keys, METH_VARARGS, text_keys_doc},
    {"text_edges", py_text_edges, METH_VARARGS, text_edges_doc},
    {"digests", py_digests, METH_VARARGS, digests_doc},
    ROW_FUNCTIONS,
    NEAR_FUNCTIONS,
    SCREEN_FUNCTIONS,
    {"scan_lines", scan_lines, METH_VARARGS, scan_lines_doc},
    {NULL, NULL, 0, NULL},
};

static int add_constants(PyObject *module) { return PyModule_AddStringConstant(module, "VERSION", EXTRACTOR_VERSION); }

static PyModuleDef_Slot slots[] = {{Py_mod_exec, (void *)add_constants}, {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "audit._kernels", "Text kernels over Arrow buffers.", 0, methods, slots, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit__kernels(void) { return PyModuleDef_Init(&definition); }
