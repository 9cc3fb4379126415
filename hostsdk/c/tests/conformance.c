/* Compares decisions with what the reference implementations answered.
 *
 *   conformance [--threads N] FILE…      files of `gonfalon conformance --emit-cases`
 *
 * With threads, each of them decides all cases at the same time, and its failures count. The last line has the totals. */
#include <pthread.h>

#include "cases.h"
#include "check.h"

static test_cases cases;

static void *decide_all(void *counts) {
  long *failures = counts;
  size_t i;
  for (i = 0; i < cases.count; i++) {
    const test_case *c = &cases.list[i];
    char why[256];
    if (c->skipped || !decide_case(c, why, sizeof why)) continue;
    printf("failed %s %s %ld (%s): %s\n", c->file, c->family, c->id, c->flag, why);
    ++*failures;
  }
  return NULL;
}

int main(int n, char **arguments) {
  enum { MANY = 64 };
  pthread_t threads[MANY];
  long failures[MANY] = {0}, skipped_cases = 0, failed_cases = 0;
  int i, first = 1, count = 1;
  size_t j;
  if (n > 3 && strcmp(arguments[1], "--threads") == 0) {
    count = atoi(arguments[2]);
    first = 3;
  }
  if (first >= n || count < 1 || count > MANY) {
    fprintf(stderr, "usage: conformance [--threads N] FILE...\n");
    return 2;
  }
  for (i = first; i < n; i++) read_cases(arguments[i], &cases);
  for (j = 0; j < cases.count; j++) skipped_cases += cases.list[j].skipped != NULL;
  if (cases.count == (size_t)skipped_cases) {
    fprintf(stderr, "no case was asked\n");
    return 2;
  }
  for (i = 0; i < count; i++)
    if (pthread_create(&threads[i], NULL, decide_all, &failures[i]) != 0) return 2;
  for (i = 0; i < count; i++) {
    pthread_join(threads[i], NULL);
    if (failures[i] > failed_cases) failed_cases = failures[i];
  }
  printf("c: %ld passed, %ld failed, %ld skipped\n", (long)cases.count - skipped_cases - failed_cases, failed_cases, skipped_cases);
  free_cases(&cases);
  return failed_cases != 0;
}
