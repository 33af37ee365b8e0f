/* Functions of rows_module.c; include Python.h first. */
#ifndef AUDIT_ROWS_MODULE_H
#define AUDIT_ROWS_MODULE_H

PyObject *py_row_leaves(PyObject *self, PyObject *args);
PyObject *py_tree_root(PyObject *self, PyObject *args);

#define ROW_FUNCTIONS                                                                                                  \
    {"row_leaves", py_row_leaves, METH_VARARGS,                                                                        \
     "row_leaves(prompts, chosen, rejected, extras, has_extras, out)\n--\n\n"                                          \
     "Write the leaf of each plain row into out, uint8 of shape (rows, 32). A column is a tuple of data, offsets,\n"   \
     "validity, bytes an offset, first row, rows."},                                                                   \
    {"tree_root", py_tree_root, METH_VARARGS,                                                                          \
     "tree_root(leaves, out)\n--\n\nWrite the root over 32-byte leaves into out, 32 bytes."}

#endif
