/* What module.c lists of scan_module.c. */
#ifndef AUDIT_SCAN_MODULE_H
#define AUDIT_SCAN_MODULE_H

#include <Python.h>

extern const char scan_lines_doc[];
PyObject *scan_lines(PyObject *self, PyObject *args);

#endif
