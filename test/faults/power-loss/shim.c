/*
 * Preloaded into a Redis server: writes down how much of each file is on the disk.
 *
 * After each fsync and fdatasync that succeeded it appends a line "s <device>:<inode> <size>" to the file that
 * PIPEWRIGHT_SYNC_LOG names. The size is taken before the sync, for other threads write meanwhile. A file that goes, or that
 * another one replaces, and one that is cut, has a line "t <device>:<inode> <size>": no more than that counts from then on,
 * also for the next file that gets its inode.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static int log_file = -1;

static void put(char kind, const struct stat *file, long long size) {
  char line[96];
  int length = snprintf(line, sizeof line, "%c %llu:%llu %lld\n", kind, (unsigned long long)file->st_dev,
                        (unsigned long long)file->st_ino, size);
  /* One write is one line, whichever thread or process it comes from. */
  if (log_file >= 0 && write(log_file, line, (size_t)length) != length) abort();
}

__attribute__((constructor)) static void start(void) {
  const char *path = getenv("PIPEWRIGHT_SYNC_LOG");
  struct stat none = {0};
  if (path == NULL) return;
  log_file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  put('t', &none, 0);
}

static int synced(const char *name, int file) {
  int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
  struct stat before;
  int known = fstat(file, &before) == 0 && S_ISREG(before.st_mode);
  int result = real(file);
  if (result == 0 && known) put('s', &before, (long long)before.st_size);
  return result;
}

int fsync(int file) { return synced("fsync", file); }

int fdatasync(int file) { return synced("fdatasync", file); }

int rename(const char *from, const char *to) {
  int (*real)(const char *, const char *) = (int (*)(const char *, const char *))dlsym(RTLD_NEXT, "rename");
  struct stat replaced;
  int known = lstat(to, &replaced) == 0 && S_ISREG(replaced.st_mode);
  int result = real(from, to);
  if (result == 0 && known) put('t', &replaced, 0);
  return result;
}

int unlink(const char *path) {
  int (*real)(const char *) = (int (*)(const char *))dlsym(RTLD_NEXT, "unlink");
  struct stat gone;
  int known = lstat(path, &gone) == 0 && S_ISREG(gone.st_mode);
  int result = real(path);
  if (result == 0 && known) put('t', &gone, 0);
  return result;
}

int ftruncate(int file, off_t length) {
  int (*real)(int, off_t) = (int (*)(int, off_t))dlsym(RTLD_NEXT, "ftruncate");
  struct stat after;
  int result = real(file, length);
  if (result == 0 && fstat(file, &after) == 0) put('t', &after, (long long)after.st_size);
  return result;
}

int truncate(const char *path, off_t length) {
  int (*real)(const char *, off_t) = (int (*)(const char *, off_t))dlsym(RTLD_NEXT, "truncate");
  struct stat after;
  int result = real(path, length);
  if (result == 0 && stat(path, &after) == 0) put('t', &after, (long long)after.st_size);
  return result;
}
