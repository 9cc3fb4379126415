/* Decides in C as main.go says: for each line with a group's number, a line with the nanoseconds of a decision. */
#define _DEFAULT_SOURCE
#define NDEBUG /* the assertions ask for types of indirect calls, of which the module has none */
#define WASM_RT_MEMCHECK_SIGNAL_HANDLER 0
#define WASM_RT_USE_STACK_DEPTH_COUNT 0
#include "wasm-rt-impl.c"
#include "engine.c"

#include <stdio.h>
#include <time.h>

static unsigned char *read_all(const char *folder, const char *name, size_t *n) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  FILE *f = fopen(path, "rb");
  if (!f) exit(1);
  fseek(f, 0, SEEK_END);
  *n = ftell(f);
  rewind(f);
  unsigned char *bytes = malloc(*n);
  if (!bytes || fread(bytes, 1, *n, f) != *n) exit(1);
  fclose(f);
  return bytes;
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e9 + t.tv_nsec;
}

static u32 word(const unsigned char *b) {
  u32 v;
  memcpy(&v, b, 4);
  return v;
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  static Z_gonfalon_instance_t module;
  Z_gonfalon_instantiate(&module);
  size_t n;
  unsigned char *bytes = read_all(argv[1], "snapshot", &n);
  u32 at = Z_gonfalonZ_snapshot(&module, n);
  memcpy(module.w2c_memory.data + at, bytes, n);
  if (Z_gonfalonZ_load(&module, n)) return 1;
  at = Z_gonfalonZ_request(&module, 65536);
  unsigned char *memory = module.w2c_memory.data + at;
  unsigned char *file = read_all(argv[1], "requests", &n);
  int group;
  while (scanf("%d", &group) == 1) {
    unsigned char *from = file;
    for (; group > 0; group--) {
      u32 k = word(from);
      for (from += 4; k > 0; k--) from += 8 + word(from + 4);
    }
    double start = now();
    long count = 0;
    do {
      u32 k = word(from);
      count += k;
      for (unsigned char *q = from + 4; k > 0; k--, q += 8 + word(q + 4)) {
        u32 length = word(q + 4);
        memcpy(memory, q + 8, length);
        u32 got = Z_gonfalonZ_evaluate(&module, length);
        if (got != word(q)) {
          printf("the answer is %#x, want %#x\n", got, word(q));
          return 1;
        }
      }
    } while (now() - start < atoi(argv[2]) * 1e6);
    printf("%.3f\n", (now() - start) / count);
    fflush(stdout);
  }
  return 0;
}
