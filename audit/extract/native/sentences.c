/* Sentence ends: runs of enders, judged by what stands around them. */
#include "kernels.h"

static int is_blank_or_tab(uint8_t c) { return c == ' ' || c == '\t'; }

static int is_digit(uint8_t c) { return c >= '0' && c <= '9'; }

/* The dot of "12. " at the start of a line. */
static int is_list_number(const uint8_t *text, size_t size, size_t dot) {
    size_t at = dot;
    if (!at || !is_digit(text[at - 1]) || dot + 1 >= size || !is_blank_or_tab(text[dot + 1])) return 0;
    while (at && is_digit(text[at - 1])) at--;
    while (at && is_blank_or_tab(text[at - 1])) at--;
    return !at || text[at - 1] == '\n';
}

/* White space or the end of the text follows, closing signs skipped. */
static int has_space_behind(const uint8_t *text, size_t size, size_t at) {
    unsigned bytes;
    while (at < size) {
        uint8_t kind = kind_of[decode(text, at, size, &bytes)];
        if (kind == ' ') return 1;
        if (kind != ')' && kind != '\'') return 0;
        at += bytes;
    }
    return 1;
}

static int ends_sentence(const passage *p, size_t start, size_t end, code_point_counts *counts) {
    const uint8_t *text = p->text;
    int wide = 0;
    unsigned bytes;
    for (size_t at = start; at < end; at += bytes) {
        uint32_t c = decode(text, at, p->size, &bytes);
        counts->questions += c == '?';
        counts->exclamations += c == '!';
        wide |= kind_of[c] == '!';
    }
    if (wide) return 1;
    if (end - start == 1 && text[start] == '.' && is_list_number(text, p->size, start)) return 0;
    return has_space_behind(text, p->size, end);
}

int64_t count_sentences(const passage *p, const word_counts *words, code_point_counts *counts) {
    int64_t found = 0;
    size_t last = 0, start = 0;
    uint64_t carry = 0;
    if (!p->size) return 0;
    for (size_t i = 0; i <= p->blocks_used; i++) { /* one block further: a run may end with the text */
        uint64_t enders = i < p->blocks_used ? p->blocks[i][ENDER] : 0;
        uint64_t before = enders << 1 | carry, starts = enders & ~before;
        carry = enders >> 63;
        for (uint64_t edges = enders ^ before; edges; edges &= edges - 1) {
            size_t at = 64 * i + lowest_bit(edges);
            if (starts & (edges & (~edges + 1))) {
                start = at;
            } else if (ends_sentence(p, start, at, counts)) {
                found++;
                last = at;
            }
        }
    }
    found += words->words && words->last_start >= last;
    return found ? found : 1;
}
