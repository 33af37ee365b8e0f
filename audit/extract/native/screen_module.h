/* Functions of screen_module.c; include Python.h first. */
#ifndef AUDIT_SCREEN_MODULE_H
#define AUDIT_SCREEN_MODULE_H

PyObject *screen_texts(PyObject *self, PyObject *args);

#define SCREEN_FUNCTIONS                                                                                               \
    {"screen_texts", screen_texts, METH_VARARGS,                                                                       \
     "screen_texts(data, offsets, validity, offset_bytes, first, rows, out)\n--\n\nWrite the columns of screen.py of each\n"\
     "text into out, int32 of shape (rows, 8), zeros at first."}

#endif
