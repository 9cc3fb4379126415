/* Snapshots that a process keeps over its requests.
 *
 * PHP forgets everything at the end of a request. A snapshot in a file is therefore kept here, by the process (by each
 * thread, where PHP has threads), and loaded again only when the file is another one. Opening it costs a stat.
 *
 * Why: RATIONALE.md "Why does PHP's library keep snapshots over requests?"
 */
#ifndef GONFALON_SHARED_H
#define GONFALON_SHARED_H

#include "gonfalon.h"

/* Errors of gonfalon_shared_open beside those of gonfalon_load. */
enum {
  GONFALON_NO_FILE = -200,   /* there is none */
  GONFALON_BAD_FILE = -201   /* it isn't a regular file, or can't be read */
};

/* Begins a request: whatever an earlier one held is free again, also if it ended in the middle. */
GONFALON_API void gonfalon_shared_begin(void);

/* Opens the snapshot in a file, which the caller holds until it releases it, or the next request begins.
 * Returns as gonfalon_load does, or an error above. A file that was refused is looked at again only when it is another one. */
GONFALON_API int32_t gonfalon_shared_open(const char *path, gonfalon_snapshot **snapshot, uint32_t *offset);

/* Releases what gonfalon_shared_open gave. */
GONFALON_API void gonfalon_shared_release(gonfalon_snapshot *snapshot);

/* Forgets a snapshot that trapped, so that the next gonfalon_shared_open loads its file again. The caller still releases it. */
GONFALON_API void gonfalon_shared_drop(gonfalon_snapshot *snapshot);

#endif
