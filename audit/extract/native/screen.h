/* What a text may hold that it should not: broken encoding, its script, and places that private data could be. */
#ifndef AUDIT_SCREEN_H
#define AUDIT_SCREEN_H

#include "kernels.h"

/* Columns of the output, in the order of SCREENED in screen.py. */
enum screened { REPLACEMENT, MOJIBAKE, CONTROLS, BIDI, INVISIBLE, PRIVATE_USE, SCRIPT, CANDIDATES, SCREENED_COUNT };
enum candidate { HAS_AT = 1, HAS_NUMBER = 2, HAS_TOKEN = 4, HAS_DOTTED = 8 };
/* In the order of SCRIPTS in screen.py. */
enum script { NO_SCRIPT, LATIN, GREEK, CYRILLIC, HEBREW, ARABIC, INDIC, THAI, HANGUL, KANA, HAN, OTHER_SCRIPT, SCRIPTS };

/* ---- encoding.c ---- */
/* Counts the faults and the letters of each script of the code points above ASCII. */
void count_wide_points(const uint8_t *text, size_t size, int32_t *out, int64_t letters[SCRIPTS]);
int32_t leading_script(const int64_t letters[SCRIPTS]);

/* ---- screen.c ---- */
int screen_rows(const column *c, int32_t *out); /* int32 (rows, SCREENED_COUNT); zeros where null */

#endif
