/* Code points above ASCII: what of them is damage, and which script they are letters of. */
#include "screen.h"

static const uint16_t cp1252_above[] = { /* what the bytes 0x80 to 0x9f stand for; 0: nothing */
    0x20ac, 0, 0x201a, 0x192, 0x201e, 0x2026, 0x2020, 0x2021, 0x2c6, 0x2030, 0x160, 0x2039, 0x152, 0, 0x17d, 0,
    0, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x2dc, 0x2122, 0x161, 0x203a, 0x153, 0, 0x17e, 0x178,
};

/* The byte 0x80 to 0xbf that a code point is when it was read as Latin-1 or Windows-1252, or 0. */
static unsigned follower(uint32_t c) {
    if (c >= 0x80 && c <= 0xbf) return c;
    if (c < 0x152 || c > 0x2122) return 0;
    for (unsigned i = 0; i < 32; i++)
        if (cp1252_above[i] == c) return 0x80 + i;
    return 0;
}

/* The bytes of text at `at` that are one UTF-8 sequence read as single bytes, or 0. */
static size_t mojibake_at(const uint8_t *text, size_t at, size_t size) {
    unsigned bytes, f[3];
    uint32_t lead = decode(text, at, size, &bytes);
    unsigned wanted = lead == 0xc2 || lead == 0xc3 || lead == 0xd0 || lead == 0xd1 ? 1 : lead == 0xe2 ? 2 : lead == 0xf0 ? 3 : 0;
    size_t end = at + bytes;
    if (!wanted) return 0;
    for (unsigned i = 0; i < wanted; i++) {
        if (end >= size) return 0;
        f[i] = follower(decode(text, end, size, &bytes));
        if (!f[i]) return 0;
        end += bytes;
    }
    if (lead == 0xc2 && f[0] < 0xa0) return 0;
    if (lead == 0xe2 && f[0] > 0x84) return 0;
    if (lead == 0xf0 && f[0] != 0x9f) return 0;
    /* a capital word that ends in such a letter, before a quote or a dash */
    if (wanted == 1 && f[0] < 0xa0 && at && text[at - 1] >= 'A' && text[at - 1] <= 'Z') return 0;
    return end - at;
}

static int is_in(uint32_t c, uint32_t first, uint32_t last) { return c >= first && c <= last; }

static int is_invisible(uint32_t c, int after_ascii) {
    if (c == 0x200c || c == 0x200d) return after_ascii; /* joiners have work in other scripts and in emoji */
    return c == 0xad || c == 0x200b || c == 0x180e || is_in(c, 0x2060, 0x2064) || is_in(c, 0x206a, 0x206f) || c == 0xfeff;
}

static enum script script_of(uint32_t c) {
    uint8_t kind = kind_of[c];
    if (kind != 'l' && kind != 'U' && kind != 'c') return NO_SCRIPT;
    if (c <= 0x24f || is_in(c, 0x1e00, 0x1eff)) return LATIN;
    if (is_in(c, 0x370, 0x3ff) || is_in(c, 0x1f00, 0x1fff)) return GREEK;
    if (is_in(c, 0x400, 0x52f)) return CYRILLIC;
    if (is_in(c, 0x590, 0x5ff)) return HEBREW;
    if (is_in(c, 0x600, 0x6ff) || is_in(c, 0x750, 0x77f) || is_in(c, 0xfb50, 0xfdff) || is_in(c, 0xfe70, 0xfefe)) return ARABIC;
    if (is_in(c, 0x900, 0xdff)) return INDIC;
    if (is_in(c, 0xe00, 0xe7f)) return THAI;
    if (is_in(c, 0x1100, 0x11ff) || is_in(c, 0x3130, 0x318f) || is_in(c, 0xac00, 0xd7a3)) return HANGUL;
    if (is_in(c, 0x3041, 0x30ff) || is_in(c, 0xff66, 0xff9f)) return KANA;
    if (is_in(c, 0x3400, 0x9fff) || is_in(c, 0xf900, 0xfaff) || is_in(c, 0x20000, 0x3ffff) || c == 0x3005) return HAN;
    return OTHER_SCRIPT;
}

void count_wide_points(const uint8_t *text, size_t size, int32_t *out, int64_t letters[SCRIPTS]) {
    unsigned bytes;
    size_t broken, flag_end = 0;
    for (size_t at = 0; at < size; at += bytes) {
        if (text[at] < 0x80) {
            bytes = size - at >= 8 && !(load64(text + at) & 0x8080808080808080u) ? 8 : 1;
            continue;
        }
        uint32_t c = decode(text, at, size, &bytes);
        if (c <= 0xf0 && (broken = mojibake_at(text, at, size)) != 0) {
            out[MOJIBAKE]++;
            bytes = (unsigned)broken;
            continue;
        }
        if (is_in(c, 0x3041, 0x9fff) || is_in(c, 0xac00, 0xd7a3)) { /* most of the texts that are slow */
            letters[script_of(c)]++;
            continue;
        }
        int is_tag = is_in(c, 0xe0000, 0xe007f);
        if (c == 0x1f3f4 || (is_tag && at == flag_end && at)) flag_end = at + bytes; /* flags of regions */
        else out[INVISIBLE] += is_tag;
        out[REPLACEMENT] += c == 0xfffd;
        out[CONTROLS] += c < 0xa0;
        out[BIDI] += is_in(c, 0x202a, 0x202e) || is_in(c, 0x2066, 0x2069);
        out[INVISIBLE] += is_invisible(c, !at || text[at - 1] < 0x80);
        out[PRIVATE_USE] += is_in(c, 0xe000, 0xf8ff) || c >= 0xf0000;
        letters[script_of(c)]++;
    }
}

int32_t leading_script(const int64_t letters[SCRIPTS]) {
    int32_t lead = NO_SCRIPT;
    int64_t most = 0, japanese = letters[KANA] + letters[HAN];
    for (int s = LATIN; s < SCRIPTS; s++) {
        int64_t count = letters[s];
        if (s == KANA) count = 10 * letters[KANA] >= japanese ? japanese : 0; /* kana among them: Japanese */
        if (s == HAN) count = 10 * letters[KANA] >= japanese ? 0 : japanese;
        if (count > most) most = count, lead = s;
    }
    return lead;
}
