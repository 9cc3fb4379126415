/* Opens, releases, drops, replaces and deletes files at random, for a sanitizer to watch: shared FOLDER SNAPSHOT SEED. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shared.h"

enum { STEPS = 20000, PATHS = 12, HELD = 64 };

static char *bytes;
static size_t size;

/* Puts a file in the place of another: a snapshot, a damaged one, or a text that is too short to be one. */
static void put(const char *path, int kind) {
  char temporary[600];
  snprintf(temporary, sizeof temporary, "%s.new", path);
  FILE *file = fopen(temporary, "wb");
  assert(file != NULL);
  bytes[size / 2] ^= kind == 1;
  fwrite(bytes, 1, kind == 2 ? 9 : size, file);
  bytes[size / 2] ^= kind == 1;
  fclose(file);
  rename(temporary, path);
}

int main(int count, char **arguments) {
  assert(count == 4);
  FILE *file = fopen(arguments[2], "rb");
  assert(file != NULL);
  bytes = malloc(GONFALON_MAX_BYTES);
  size = fread(bytes, 1, GONFALON_MAX_BYTES, file);
  fclose(file);
  srand((unsigned)atoi(arguments[3]));

  gonfalon_snapshot *held[HELD];
  int n = 0;
  long opened = 0, refused = 0;
  for (int step = 0; step < STEPS; step++) {
    char path[512];
    snprintf(path, sizeof path, "%s/%d", arguments[1], rand() % PATHS);
    switch (rand() % 8) {
      case 0: put(path, rand() % 3); break;
      case 1: unlink(path); break;
      case 2:
        if (rand() % 10 == 0) {
          gonfalon_shared_begin();
          n = 0;
        }
        break;
      case 3:
        if (n > 0) gonfalon_shared_release(held[--n]);
        break;
      case 4:
        if (n > 0 && rand() % 5 == 0) gonfalon_shared_drop(held[rand() % n]);
        break;
      default: {
        gonfalon_snapshot *snapshot;
        uint32_t offset;
        if (n == HELD) break;
        int32_t code = gonfalon_shared_open(path, &snapshot, &offset);
        assert((code == GONFALON_OK) == (snapshot != NULL));
        code == GONFALON_OK ? opened++ : refused++;
        if (code == GONFALON_OK) held[n++] = snapshot;
      }
    }
    gonfalon_info_t info;
    if (n > 0) assert(gonfalon_info(held[rand() % n], &info) == GONFALON_OK && info.flags > 0);
  }
  printf("%ld opened, %ld refused\n", opened, refused);
  assert(opened > 0 && refused > 0);
  free(bytes);
  return 0;
}
