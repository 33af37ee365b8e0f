/* scan.c: the texts of JSON lines. */
#ifndef AUDIT_SCAN_H
#define AUDIT_SCAN_H

#include <stddef.h>
#include <stdint.h>

enum scan_status { SCAN_OK, SCAN_BLANK, SCAN_DOUBT };
#define SCAN_FIELDS 16
#define PATIENCE 8 /* doubtful lines at the start after which the rest is not tried */

typedef struct {
    const uint8_t *name;
    size_t size;
} wanted_field;

typedef struct {
    const uint8_t *raw;
    size_t size;  /* as written */
    size_t plain; /* without escapes */
} text_span;

typedef struct {
    const wanted_field *fields;
    size_t field_count, lines, longest; /* bytes of a line */
    size_t accepted, doubted;
    text_span *spans; /* of shape (lines, fields) */
} scan;

size_t scan_count(const uint8_t *data, size_t size);
int scan_start(scan *s);
void scan_run(scan *s, const uint8_t *data, size_t size, uint8_t *status, int64_t *starts);
size_t scan_text_bytes(const scan *s, size_t field);
void scan_put(const scan *s, size_t field, const uint8_t *status, int64_t *offsets, uint8_t *texts);
void scan_end(scan *s);

#endif
