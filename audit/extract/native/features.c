/* All counts of a text, in the order of FEATURES in kernels.py. */
#include "kernels.h"

#include <stdlib.h>

typedef struct {
    block *blocks;
    size_t blocks_most;
    word_set set;
} scratch;

static int make_room(scratch *s, size_t size) {
    size_t needed = size / 64 + 1;
    if (needed <= s->blocks_most) return OK;
    if (needed < 2 * s->blocks_most) needed = 2 * s->blocks_most;
    free(s->blocks);
    s->blocks_most = 0;
    s->blocks = malloc(needed * sizeof *s->blocks);
    if (!s->blocks) return NO_MEMORY;
    s->blocks_most = needed;
    return OK;
}

static int count_text(passage *p, scratch *s, int32_t *out) {
    code_point_counts c;
    word_counts w;
    line_counts l;
    if (p->size > INT32_MAX) return TOO_LONG;
    int status = make_room(s, p->size);
    if (status != OK) return status;
    p->blocks = s->blocks;
    classify(p, &c);
    status = count_words(p, &s->set, &w);
    count_lines(p, &l);
    int64_t sentences = count_sentences(p, &w, &c);
    int64_t counts[FEATURE_COUNT] = {
        (int64_t)p->size, c.code_points, c.characters, w.words, w.distinct, sentences, l.lines, l.paragraphs,
        l.headers, l.bullets, l.numbered, l.bold, l.code_fences, l.inline_code, l.table_rows, l.links,
        c.emoji, c.digits, c.questions, c.exclamations, c.capitals, c.letters, c.non_ascii,
        w.hits[FIRST_PERSON], w.hits[HEDGE], w.hits[REFUSAL], w.opener, w.hits[CLOSER],
    };
    for (int i = 0; i < FEATURE_COUNT; i++) out[i] = (int32_t)counts[i];
    return status;
}

int count_features(const column *c, int32_t *out) {
    scratch s = {0};
    int status = column_check(c);
    for (size_t row = 0; row < c->rows && status == OK; row++) {
        passage p = {0};
        status = column_text(c, row, &p.text, &p.size);
        p.limit = c->data + c->data_size;
        if (status == OK && p.size) status = count_text(&p, &s, out + FEATURE_COUNT * row);
    }
    free(s.blocks);
    set_free(&s.set);
    return status;
}
