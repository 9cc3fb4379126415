/* The library with an engine that stops: each TRAP_EVERYth call of gonfalon_evaluate and gonfalon_decide traps, and so does every later
 * call on that snapshot. It is built from gonfalon.c with these two functions renamed. */
#include <stdio.h>
#include <stdlib.h>

#include "gonfalon.h"

int32_t real_evaluate(gonfalon_snapshot *, const void *, size_t);
int32_t real_decide(gonfalon_snapshot *, const void *, size_t, gonfalon_decision *);

static gonfalon_snapshot *broken;
static int calls;

static int traps(gonfalon_snapshot *snapshot) {
  const char *every = getenv("TRAP_EVERY");
  if (every != NULL && ++calls % atoi(every) == 0) broken = snapshot;
  return broken == snapshot;
}

int32_t gonfalon_evaluate(gonfalon_snapshot *snapshot, const void *request, size_t size) {
  return traps(snapshot) ? GONFALON_TRAPPED : real_evaluate(snapshot, request, size);
}

int32_t gonfalon_decide(gonfalon_snapshot *snapshot, const void *request, size_t size, gonfalon_decision *decision) {
  return traps(snapshot) ? GONFALON_TRAPPED : real_decide(snapshot, request, size, decision);
}
