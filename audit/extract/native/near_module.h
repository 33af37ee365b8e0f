/* Functions of near_module.c; include Python.h first. */
#ifndef AUDIT_NEAR_MODULE_H
#define AUDIT_NEAR_MODULE_H

PyObject *near_sketch(PyObject *self, PyObject *args);
PyObject *near_shingle_hashes(PyObject *self, PyObject *args);
PyObject *near_mark_candidates(PyObject *self, PyObject *args);
PyObject *near_join_duplicates(PyObject *self, PyObject *args);
PyObject *near_similarities(PyObject *self, PyObject *args);

#define NEAR_FUNCTIONS                                                                                                 \
    {"sketch", near_sketch, METH_VARARGS,                                                                              \
     "sketch(data, offsets, validity, offset_bytes, first, count, rows, takes_normal, factors, addends, "              \
     "slot_bytes, out, left)\n--\n\nWrite the MinHash slots of the rows numbered in rows (int64) into out; set left[i] to 1\n"\
     "where the normal form is not known here and must be given."},                                                    \
    {"shingle_hashes", near_shingle_hashes, METH_VARARGS,                                                              \
     "shingle_hashes(data, offsets, validity, offset_bytes, first, count, rows, takes_normal, form, length, left)\n--\n\n"\
     "Return int64 starts and uint64 hashes of the texts numbered in rows: form 0 the sorted set of shingles, 1\n"     \
     "shingles as they stand, 2 runs of `length` words as they stand."},                                               \
    {"mark_candidates", near_mark_candidates, METH_VARARGS,                                                            \
     "mark_candidates(slots, bands, band_slots, least_equal, chain_most, out)\n--\n\n"                                 \
     "Set out[i] (uint8) to 1 where text i shares a band and enough slots with another."},                             \
    {"join_duplicates", near_join_duplicates, METH_VARARGS,                                                            \
     "join_duplicates(slots, bands, band_slots, least_equal, chain_most, starts, ends, sets, threshold, out)\n--\n\n"  \
     "Write into out (int32) the smallest text number of each text's cluster; clusters are joined by pairs of at\n"    \
     "least that Jaccard similarity. Return pairs compared by slots, verified, joined, and chains cut."},              \
    {"similarities", near_similarities, METH_VARARGS,                                                                  \
     "similarities(starts, ends, sets, left, right, out)\n--\n\n"                                                      \
     "Write the Jaccard similarity of each pair of text numbers (int64) into out (float64)."}

#endif
