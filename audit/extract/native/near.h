/* Near duplicates: what shingles.c, minhash.c, bands.c and near_module.c share. */
#ifndef AUDIT_NEAR_H
#define AUDIT_NEAR_H

#include "kernels.h"

/* ---- shingles.c ---- */
#define GRAM 5         /* words, or code points of a short text, in a shingle */
#define SHORT_TEXT 20  /* words below which a text is cut into code points */
#define NOT_NORMAL 1   /* the normal form of a text is not known here */

typedef struct {
    block *blocks;
    size_t blocks_most;
    uint64_t *units, *grams; /* hashes of words or code points, and of their runs */
    size_t units_most, grams_most, unit_count, gram_count;
    size_t *starts, *ends; /* of the words, in bytes */
    uint8_t *normal;
    size_t normal_most;
    int takes_normal; /* texts come in their normal form */
} shingler;

/* The hashes of the words of a text's normal form, into s->units. */
int shingle_words(shingler *s, const uint8_t *text, size_t size, const uint8_t *limit);
/* The shingles of a text's normal form, repeated ones too, into s->grams. */
int shingle_text(shingler *s, const uint8_t *text, size_t size, const uint8_t *limit);
/* Hashes of the runs of `length` units, into s->grams. */
int shingle_runs(shingler *s, size_t length);
void shingler_end(shingler *s);
size_t sort_unique(uint64_t *values, size_t count);

/* ---- minhash.c ---- */
#define SLOTS 128

typedef struct {
    const uint32_t *factor, *offset; /* of each permutation */
    const int64_t *rows;             /* of the column, which are sketched */
    size_t row_count;
    int slot_bytes; /* 4: as datasketch has them; 1: their low bytes */
    int takes_normal;
} sketch_order;

/* Sets left[i] = 1 for rows whose normal form is not known here. */
int sketch_rows(const column *c, const sketch_order *o, uint8_t *out, uint8_t *left);

/* ---- bands.c ---- */
typedef struct {
    const uint8_t *slots; /* low bytes, SLOTS a text */
    size_t texts;
    size_t bands, band_slots, least_equal, chain_most;
    const int64_t *starts, *ends; /* of each text's set in `sets`; NULL: only mark candidates */
    const uint64_t *sets;         /* sorted distinct shingles */
    double threshold;
    uint64_t compared, verified, joined, cut; /* pairs by slots, by sets, found; texts whose chain was cut */
} band_search;

int mark_candidates(band_search *s, uint8_t *marked);
int join_duplicates(band_search *s, int32_t *parent);
double jaccard(const uint64_t *left, size_t left_size, const uint64_t *right, size_t right_size);

#endif
