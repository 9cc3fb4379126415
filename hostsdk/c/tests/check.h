/* check.h: what the tests have in common. A test program ends with `N passed, N failed`, and its status says whether any failed. */
#ifndef CHECK_H
#define CHECK_H

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int passed, failed;

static inline int check_(int held, const char *file, int line, const char *format, ...) {
  va_list arguments;
  if (held) {
    passed++;
    return 1;
  }
  failed++;
  fprintf(stderr, "%s:%d: ", file, line);
  va_start(arguments, format);
  vfprintf(stderr, format, arguments);
  va_end(arguments);
  fputc('\n', stderr);
  return 0;
}

#define CHECK(condition) check_(!!(condition), __FILE__, __LINE__, "%s", #condition)
#define EQUAL(got, want)                                                                                            \
  do {                                                                                                              \
    long long got_ = (long long)(got), want_ = (long long)(want);                                                   \
    check_(got_ == want_, __FILE__, __LINE__, "%s is %lld (0x%llx), not %lld (0x%llx)", #got, got_, got_, want_, want_); \
  } while (0)
/* Compares a gonfalon_text with text. */
#define TEXT(got, want)                                                                                                      \
  check_((got).data && (got).size == strlen(want) && memcmp((got).data, want, (got).size) == 0, __FILE__, __LINE__,          \
         "%s is \"%.*s\", not \"%s\"", #got, (int)(got).size, (got).data ? (const char *)(got).data : "", want)

static inline int checked(void) {
  printf("%d passed, %d failed\n", passed, failed);
  return failed || !passed;
}

typedef struct {
  uint8_t *bytes;
  size_t size;
} blob;

/* Reads a file, and one more byte, which is 0. */
static inline blob read_file(const char *folder, const char *name) {
  char path[4096];
  blob b = {NULL, 0};
  FILE *f;
  long size;
  snprintf(path, sizeof path, "%s%s%s", folder, *folder ? "/" : "", name);
  f = fopen(path, "rb");
  if (!f || fseek(f, 0, SEEK_END) != 0 || (size = ftell(f)) < 0 || fseek(f, 0, SEEK_SET) != 0) {
    perror(path);
    exit(2);
  }
  b.size = (size_t)size;
  b.bytes = (uint8_t *)malloc(b.size + 1);
  if (!b.bytes || fread(b.bytes, 1, b.size, f) != b.size) {
    fprintf(stderr, "%s: can't be read\n", path);
    exit(2);
  }
  b.bytes[b.size] = 0;
  fclose(f);
  return b;
}

/* Reads bytes written as `96 ac 6e …`. */
static inline blob hex(const char *digits) {
  blob b = {(uint8_t *)malloc(strlen(digits) / 2 + 1), 0};
  unsigned byte;
  int used;
  if (!b.bytes) exit(2);
  while (sscanf(digits, " %2x%n", &byte, &used) == 1) {
    b.bytes[b.size++] = (uint8_t)byte;
    digits += used;
  }
  return b;
}

#endif
