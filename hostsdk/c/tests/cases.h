/* cases.h: reads files of `gonfalon conformance --emit-cases`. */
#ifndef CASES_H
#define CASES_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
  char *file, *family, *flag;
  long id;
  char *skipped; /* why, or NULL */
  uint8_t *snapshot, *request;
  size_t snapshot_size, request_size;
  int enabled;     /* what the reference answered */
  int has_variant; /* whether a variant is to be compared */
  char *variant;   /* NULL: none is served */
  long score16;    /* -1: not compared */
} test_case;

typedef struct {
  test_case *list;
  size_t count;
} test_cases;

/* Appends the cases of a file. A line that is no case ends the program, and says which. */
void read_cases(const char *path, test_cases *cases);
void free_cases(test_cases *cases);

/* Decides a case by a snapshot of its own. Returns NULL if the answer is the reference's, or else what differs. */
const char *decide_case(const test_case *c, char *why, size_t size);

#endif
