/* The Python face of shingles.c, minhash.c and bands.c: buffers in, buffers out, the interpreter lock released. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "near.h"
#include "near_module.h"

#include <stdlib.h>

typedef struct {
    Py_buffer data, offsets, validity, rows;
    column view;
    int offset_bytes;
    Py_ssize_t first, count;
} text_rows;

#define TEXT_ROWS "y*y*y*inny*"
#define TEXT_ROWS_OF(a) &(a).data, &(a).offsets, &(a).validity, &(a).offset_bytes, &(a).first, &(a).count, &(a).rows

static PyObject *fail(int status) {
    if (status == NO_MEMORY) return PyErr_NoMemory();
    PyErr_SetString(PyExc_ValueError, status == TOO_LONG ? "a text has 2 GiB or more, or there are too many texts"
                                                         : "offsets or row numbers do not fit the data");
    return NULL;
}

static int refuse(const char *why) {
    PyErr_SetString(PyExc_ValueError, why);
    return 0;
}

static int view_rows(text_rows *a) {
    if (!kind_of) return refuse("configure() comes first");
    if (a->first < 0 || a->count < 0 || a->rows.len % 8) return refuse("row numbers must be int64 and not negative");
    a->view = (column){
        .data = a->data.buf, .offsets = a->offsets.buf, .validity = a->validity.len ? a->validity.buf : NULL,
        .data_size = (size_t)a->data.len, .offsets_size = (size_t)a->offsets.len,
        .validity_size = (size_t)a->validity.len, .offset_bytes = a->offset_bytes,
        .first = (size_t)a->first, .rows = (size_t)a->count,
    };
    return 1;
}

static void release_rows(text_rows *a) {
    PyBuffer_Release(&a->data);
    PyBuffer_Release(&a->offsets);
    PyBuffer_Release(&a->validity);
    PyBuffer_Release(&a->rows);
}

PyObject *near_sketch(PyObject *self, PyObject *args) {
    text_rows a;
    Py_buffer factors, addends, out, left;
    int slot_bytes, takes_normal, status = OK;
    PyObject *result = NULL;
    (void)self;
    if (!PyArg_ParseTuple(args, TEXT_ROWS "iy*y*iw*w*", TEXT_ROWS_OF(a), &takes_normal, &factors, &addends, &slot_bytes, &out,
                          &left))
        return NULL;
    size_t rows = (size_t)a.rows.len / 8;
    if (factors.len != 4 * SLOTS || addends.len != 4 * SLOTS || (slot_bytes != 1 && slot_bytes != 4) ||
        (size_t)out.len / SLOTS / (size_t)slot_bytes < rows || (size_t)left.len < rows) {
        refuse("128 uint32 factors and addends, slots of 1 or 4 bytes, and an output with room for them are needed");
    } else if (view_rows(&a)) {
        sketch_order order = {factors.buf, addends.buf, a.rows.buf, rows, slot_bytes, takes_normal};
        Py_BEGIN_ALLOW_THREADS
        status = sketch_rows(&a.view, &order, out.buf, left.buf);
        Py_END_ALLOW_THREADS
        result = status == OK ? Py_NewRef(Py_None) : fail(status);
    }
    PyBuffer_Release(&left);
    PyBuffer_Release(&out);
    PyBuffer_Release(&addends);
    PyBuffer_Release(&factors);
    release_rows(&a);
    return result;
}

typedef struct {
    uint64_t *values;
    size_t used, most;
} hash_list;

static int append(hash_list *list, const uint64_t *values, size_t count) {
    if (list->used + count > list->most) {
        size_t most = 2 * list->most + count + 1024;
        uint64_t *fresh = realloc(list->values, most * sizeof *fresh);
        if (!fresh) return NO_MEMORY;
        list->values = fresh;
        list->most = most;
    }
    if (count) memcpy(list->values + list->used, values, count * sizeof *values);
    list->used += count;
    return OK;
}

enum form { SORTED_SHINGLES, SHINGLES, WORD_RUNS };

static int hash_rows(const text_rows *a, int takes_normal, enum form form, size_t length, int64_t *starts,
                     hash_list *list, uint8_t *left) {
    shingler s = {.takes_normal = takes_normal};
    const int64_t *rows = a->rows.buf;
    size_t count = (size_t)a->rows.len / 8;
    int status = column_check(&a->view);
    starts[0] = 0;
    for (size_t i = 0; i < count && status == OK; i++) {
        const uint8_t *text, *limit = a->view.data + a->view.data_size;
        size_t size;
        if (rows[i] < 0 || (uint64_t)rows[i] >= a->view.rows) status = BAD_COLUMN;
        if (status == OK) status = column_text(&a->view, (size_t)rows[i], &text, &size);
        if (status != OK) break;
        if (!text) text = (const uint8_t *)"";
        if (form == WORD_RUNS) {
            status = shingle_words(&s, text, size, limit);
            if (status == OK) status = shingle_runs(&s, length);
        } else {
            status = shingle_text(&s, text, size, limit);
        }
        if (status == NOT_NORMAL) s.gram_count = 0, left[i] = 1, status = OK;
        if (status == OK && form == SORTED_SHINGLES) s.gram_count = sort_unique(s.grams, s.gram_count);
        if (status == OK) status = append(list, s.grams, s.gram_count);
        starts[i + 1] = (int64_t)list->used;
    }
    shingler_end(&s);
    return status;
}

PyObject *near_shingle_hashes(PyObject *self, PyObject *args) {
    text_rows a;
    hash_list list = {NULL, 0, 0};
    Py_buffer left;
    int takes_normal, form, status = OK;
    Py_ssize_t length;
    PyObject *starts = NULL, *result = NULL;
    (void)self;
    if (!PyArg_ParseTuple(args, TEXT_ROWS "iinw*", TEXT_ROWS_OF(a), &takes_normal, &form, &length, &left)) return NULL;
    if (form < SORTED_SHINGLES || form > WORD_RUNS || length < 1 || left.len < a.rows.len / 8) {
        refuse("form is 0, 1 or 2, length at least 1, and left has room for a byte a row");
    } else if (view_rows(&a)) {
        starts = PyBytes_FromStringAndSize(NULL, a.rows.len + 8);
        if (!starts) goto done;
        int64_t *at = (int64_t *)(void *)PyBytes_AsString(starts);
        Py_BEGIN_ALLOW_THREADS
        status = hash_rows(&a, takes_normal, (enum form)form, (size_t)length, at, &list, left.buf);
        Py_END_ALLOW_THREADS
        if (status != OK) {
            fail(status);
            goto done;
        }
        PyObject *hashes = PyBytes_FromStringAndSize((const char *)list.values, (Py_ssize_t)(8 * list.used));
        if (hashes) result = PyTuple_Pack(2, starts, hashes);
        Py_XDECREF(hashes);
    }
done:
    free(list.values);
    Py_XDECREF(starts);
    PyBuffer_Release(&left);
    release_rows(&a);
    return result;
}

static int set_search(band_search *s, const Py_buffer *slots, Py_ssize_t bands, Py_ssize_t band_slots, int least,
                      Py_ssize_t chain) {
    if (slots->len % SLOTS || bands < 1 || band_slots < 1 || bands > SLOTS || band_slots > SLOTS / bands || chain < 1)
        return refuse("slots come in rows of 128, and bands fit into them");
    *s = (band_search){
        .slots = slots->buf, .texts = (size_t)slots->len / SLOTS, .bands = (size_t)bands,
        .band_slots = (size_t)band_slots, .least_equal = least < 0 ? 0 : (size_t)least, .chain_most = (size_t)chain,
    };
    return 1;
}

static PyObject *counts_of(const band_search *s) {
    return Py_BuildValue("KKKK", (unsigned long long)s->compared, (unsigned long long)s->verified,
                         (unsigned long long)s->joined, (unsigned long long)s->cut);
}

PyObject *near_mark_candidates(PyObject *self, PyObject *args) {
    Py_buffer slots, out;
    Py_ssize_t bands, band_slots, chain;
    int least, status;
    band_search s;
    PyObject *result = NULL;
    (void)self;
    if (!PyArg_ParseTuple(args, "y*nninw*", &slots, &bands, &band_slots, &least, &chain, &out)) return NULL;
    if (set_search(&s, &slots, bands, band_slots, least, chain)) {
        if ((size_t)out.len < s.texts) {
            refuse("the output buffer is too small");
        } else {
            Py_BEGIN_ALLOW_THREADS
            status = mark_candidates(&s, out.buf);
            Py_END_ALLOW_THREADS
            result = status == OK ? counts_of(&s) : fail(status);
        }
    }
    PyBuffer_Release(&out);
    PyBuffer_Release(&slots);
    return result;
}

static int sets_fit(const Py_buffer *starts, const Py_buffer *ends, const Py_buffer *sets, size_t texts) {
    const int64_t *from = starts->buf, *to = ends->buf;
    int64_t most = (int64_t)(sets->len / 8);
    if ((size_t)starts->len != 8 * texts || ends->len != starts->len) return refuse("starts and ends must be int64, one a text");
    for (size_t i = 0; i < texts; i++)
        if (from[i] < 0 || to[i] < from[i] || to[i] > most) return refuse("starts and ends do not fit the sets");
    return 1;
}

PyObject *near_join_duplicates(PyObject *self, PyObject *args) {
    Py_buffer slots, starts, ends, sets, out;
    Py_ssize_t bands, band_slots, chain;
    double threshold;
    int least, status;
    band_search s;
    PyObject *result = NULL;
    (void)self;
    if (!PyArg_ParseTuple(args, "y*nniny*y*y*dw*", &slots, &bands, &band_slots, &least, &chain, &starts, &ends, &sets,
                          &threshold, &out))
        return NULL;
    if (set_search(&s, &slots, bands, band_slots, least, chain) && sets_fit(&starts, &ends, &sets, s.texts)) {
        if ((size_t)out.len / 4 < s.texts) {
            refuse("the output buffer is too small");
        } else {
            s.starts = starts.buf, s.ends = ends.buf, s.sets = sets.buf, s.threshold = threshold;
            Py_BEGIN_ALLOW_THREADS
            status = join_duplicates(&s, out.buf);
            Py_END_ALLOW_THREADS
            result = status == OK ? counts_of(&s) : fail(status);
        }
    }
    PyBuffer_Release(&out);
    PyBuffer_Release(&sets);
    PyBuffer_Release(&ends);
    PyBuffer_Release(&starts);
    PyBuffer_Release(&slots);
    return result;
}

PyObject *near_similarities(PyObject *self, PyObject *args) {
    Py_buffer starts, ends, sets, left, right, out;
    PyObject *result = NULL;
    (void)self;
    if (!PyArg_ParseTuple(args, "y*y*y*y*y*w*", &starts, &ends, &sets, &left, &right, &out)) return NULL;
    size_t texts = (size_t)starts.len / 8, pairs = (size_t)left.len / 8, bad = 0;
    const int64_t *from = starts.buf, *to = ends.buf, *l = left.buf, *r = right.buf;
    if (left.len != right.len || (size_t)out.len / 8 < pairs) {
        refuse("left, right and out must have one length");
    } else if (sets_fit(&starts, &ends, &sets, texts)) {
        double *found = out.buf;
        const uint64_t *hashes = sets.buf;
        Py_BEGIN_ALLOW_THREADS
        for (size_t i = 0; i < pairs && !bad; i++) {
            bad = l[i] < 0 || r[i] < 0 || (uint64_t)l[i] >= texts || (uint64_t)r[i] >= texts;
            if (!bad)
                found[i] = jaccard(hashes + from[l[i]], (size_t)(to[l[i]] - from[l[i]]), hashes + from[r[i]],
                                   (size_t)(to[r[i]] - from[r[i]]));
        }
        Py_END_ALLOW_THREADS
        result = bad ? fail(BAD_COLUMN) : Py_NewRef(Py_None);
    }
    PyBuffer_Release(&out);
    PyBuffer_Release(&right);
    PyBuffer_Release(&left);
    PyBuffer_Release(&sets);
    PyBuffer_Release(&ends);
    PyBuffer_Release(&starts);
    return result;
}
