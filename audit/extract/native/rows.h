/* Row digests: SHA-256, canonical rows, trees. See docs/digests.md. */
#ifndef AUDIT_ROWS_H
#define AUDIT_ROWS_H

#include "kernels.h"

#define HASH_BYTES 32

/* ---- sha256.c ---- */
typedef void (*sha256_blocks)(uint32_t state[8], const uint8_t *data, size_t blocks);

/* The fastest way that this processor has; asked once a batch, since the question is slow in a virtual machine. */
sha256_blocks sha256_choose(void);
sha256_blocks sha256_portable(void);
void sha256(sha256_blocks run, const uint8_t *data, size_t size, uint8_t out[HASH_BYTES]);

/* ---- rows.c ---- */
/* The leaf of each row into out, HASH_BYTES a row; extras NULL: {} in every row. A null value is BAD_COLUMN. */
int row_leaves(const column *prompts, const column *chosen, const column *rejected, const column *extras, uint8_t *out);
/* The root over leaves, HASH_BYTES each. */
int tree_root(const uint8_t *leaves, size_t count, uint8_t out[HASH_BYTES]);

#endif
