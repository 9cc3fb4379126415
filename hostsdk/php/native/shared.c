#include "shared.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILES = 8, ID_BYTES = 32 };

/* What a file was when it was read. A refresh that finds nothing new sets the time, so the content id at its end has to tell. */
typedef struct {
  dev_t device;
  ino_t inode;
  off_t size;
  struct timespec changed;
  uint8_t id[ID_BYTES];
} stamp;

/* A snapshot that is held, with those who hold it. One that is no longer its file's has no entry that points at it. */
typedef struct kept {
  gonfalon_snapshot *snapshot;
  unsigned holders;
  int retired;
  struct kept *next;
} kept;

typedef struct {
  char *path;
  stamp stamp;
  int32_t code; /* what loading came to */
  uint32_t offset;
  kept *kept; /* NULL if loading failed */
  unsigned long used;
} entry;

static _Thread_local entry entries[FILES];
static _Thread_local kept *all;
static _Thread_local unsigned long uses;

static void sweep(void) {
  for (kept **at = &all; *at != NULL;) {
    kept *k = *at;
    if (k->retired && k->holders == 0) {
      *at = k->next;
      gonfalon_free(k->snapshot);
      free(k);
    } else {
      at = &k->next;
    }
  }
}

static void retire(entry *e) {
  if (e->kept != NULL) e->kept->retired = 1;
  e->kept = NULL;
  sweep();
}

void gonfalon_shared_begin(void) {
  for (kept *k = all; k != NULL; k = k->next) k->holders = 0;
  sweep();
}

/* Returns the entry of a path: its own, a free one, or the one that was used the longest ago. NULL without memory. */
static entry *find(const char *path) {
  entry *oldest = &entries[0];
  for (int i = 0; i < FILES; i++) {
    entry *e = &entries[i];
    if (e->path != NULL && strcmp(e->path, path) == 0) return e;
    if (e->path == NULL || (oldest->path != NULL && e->used < oldest->used)) oldest = e;
  }
  char *copy = strdup(path);
  if (copy == NULL) return NULL;
  retire(oldest);
  free(oldest->path);
  memset(oldest, 0, sizeof *oldest);
  oldest->path = copy;
  oldest->code = GONFALON_NO_FILE;
  return oldest;
}

static int same(const stamp *a, const struct stat *s) {
  return a->device == s->st_dev && a->inode == s->st_ino && a->size == s->st_size &&
         a->changed.tv_sec == s->st_ctim.tv_sec && a->changed.tv_nsec == s->st_ctim.tv_nsec;
}

static int read_at(int file, void *to, size_t size, off_t at) {
  for (size_t done = 0; done < size;) {
    ssize_t n = pread(file, (char *)to + done, size - done, at + (off_t)done);
    if (n <= 0) return 0;
    done += (size_t)n;
  }
  return 1;
}

/* Takes what an open file holds into its entry. */
static int32_t take(entry *e, int file) {
  struct stat s;
  stamp now;
  if (fstat(file, &s) != 0 || !S_ISREG(s.st_mode)) return GONFALON_BAD_FILE;
  now.device = s.st_dev;
  now.inode = s.st_ino;
  now.size = s.st_size;
  now.changed = s.st_ctim;
  memset(now.id, 0, sizeof now.id);
  if (s.st_size >= ID_BYTES && !read_at(file, now.id, ID_BYTES, s.st_size - ID_BYTES)) return GONFALON_BAD_FILE;
  if (e->kept != NULL && e->stamp.size == now.size && memcmp(e->stamp.id, now.id, ID_BYTES) == 0) {
    e->stamp = now;
    return e->code;
  }

  kept *k = NULL;
  char *bytes = NULL;
  int32_t code = GONFALON_NO_MEMORY;
  size_t size = s.st_size > GONFALON_MAX_BYTES ? 0 : (size_t)s.st_size;
  e->offset = 0;
  if (s.st_size > GONFALON_MAX_BYTES) {
    code = 1; /* longer than a snapshot may be */
  } else if ((k = calloc(1, sizeof *k)) != NULL && (bytes = malloc(size + 1)) != NULL) {
    code = read_at(file, bytes, size, 0) ? gonfalon_load(bytes, size, &k->snapshot, &e->offset) : GONFALON_BAD_FILE;
  }
  free(bytes);
  if (code == GONFALON_BAD_FILE || code == GONFALON_NO_MEMORY) {
    free(k);
    return code; /* perhaps it goes better the next time: what was kept stays */
  }
  retire(e);
  e->stamp = now;
  e->code = code;
  if (code == GONFALON_OK) {
    k->next = all;
    all = e->kept = k;
  } else {
    free(k);
  }
  return code;
}

int32_t gonfalon_shared_open(const char *path, gonfalon_snapshot **snapshot, uint32_t *offset) {
  struct stat s;
  int32_t code;
  *snapshot = NULL;
  *offset = 0;
  if (stat(path, &s) != 0) return GONFALON_NO_FILE;
  if (!S_ISREG(s.st_mode)) return GONFALON_BAD_FILE; /* opening a device can do things */
  entry *e = find(path);
  if (e == NULL) return GONFALON_NO_MEMORY;
  e->used = ++uses;
  if (e->code != GONFALON_NO_FILE && same(&e->stamp, &s)) {
    code = e->code;
  } else {
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe could keep a request waiting */
    if (file < 0) return GONFALON_BAD_FILE;
    code = take(e, file);
    close(file);
  }
  *offset = e->offset;
  if (code == GONFALON_OK) {
    e->kept->holders++;
    *snapshot = e->kept->snapshot;
  }
  return code;
}

void gonfalon_shared_release(gonfalon_snapshot *snapshot) {
  for (kept *k = all; k != NULL; k = k->next) {
    if (k->snapshot == snapshot && k->holders > 0) k->holders--;
  }
  sweep();
}

void gonfalon_shared_drop(gonfalon_snapshot *snapshot) {
  for (int i = 0; i < FILES; i++) {
    entry *e = &entries[i];
    if (e->kept == NULL || e->kept->snapshot != snapshot) continue;
    retire(e);
    e->code = GONFALON_NO_FILE;
  }
}
