/* The kinds of code points and the phrases: set once at import, read-only afterwards. */
#include "kernels.h"

#include <stdlib.h>

const uint8_t *kind_of;
uint8_t lexicon_filter[1 << FILTER_BITS];

typedef struct {
    uint64_t key;
    size_t first, count;
} entry;

static phrase *phrases;
static size_t phrases_used, phrases_most;
static entry *entries;
static size_t entry_mask;

int lexicon_reset(size_t most) {
    free(phrases);
    free(entries);
    entries = NULL;
    entry_mask = phrases_used = 0;
    phrases_most = most;
    memset(lexicon_filter, 0, sizeof lexicon_filter);
    phrases = calloc(most ? most : 1, sizeof *phrases);
    return phrases ? OK : NO_MEMORY;
}

int lexicon_add(int group, size_t words, const uint8_t *const *word, const size_t *size) {
    if (!words || words > LONGEST_PHRASE || group < 0 || group > GROUPS_MOST || phrases_used == phrases_most)
        return BAD_COLUMN;
    phrase *p = &phrases[phrases_used++];
    p->group = group;
    p->size = (int)words;
    for (size_t k = 0; k < words; k++) {
        size_t from_end = words - 1 - k;
        p->words[k] = word_hash(word[from_end], size[from_end]);
    }
    return OK;
}

static uint64_t key_of(const phrase *p) { return p->size == 1 ? p->words[0] : pair_key(p->words[1], p->words[0]); }

static int by_key(const void *a, const void *b) {
    uint64_t x = key_of(a), y = key_of(b);
    return x < y ? -1 : x > y;
}

static size_t slot(uint64_t key) { return key >> 40 & entry_mask; }

int lexicon_close(void) {
    size_t slots = 64;
    while (slots < 4 * phrases_used) slots *= 2;
    entries = calloc(slots, sizeof *entries);
    if (!entries) return NO_MEMORY;
    entry_mask = slots - 1;
    qsort(phrases, phrases_used, sizeof *phrases, by_key);
    for (size_t i = 0; i < phrases_used;) {
        uint64_t key = key_of(&phrases[i]);
        size_t at = slot(key), first = i;
        while (i < phrases_used && key_of(&phrases[i]) == key) i++;
        while (entries[at].count) at = (at + 1) & entry_mask;
        entries[at] = (entry){key, first, i - first};
        lexicon_filter[key >> (64 - FILTER_BITS)] = 1;
    }
    return OK;
}

const phrase *lexicon_find(uint64_t key, size_t *count) {
    *count = 0;
    if (!entries) return NULL;
    for (size_t at = slot(key); entries[at].count; at = (at + 1) & entry_mask) {
        if (entries[at].key != key) continue;
        *count = entries[at].count;
        return phrases + entries[at].first;
    }
    return NULL;
}
