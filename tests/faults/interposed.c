/* Put between a node and its C library (LD_PRELOAD): a disk and a wall clock that do what a file says, which LOCKSTEP_FAULTS names.
 * What is in it: "slow MS" (each flush takes so long), "broken" (each flush fails), "full" (each write at an offset finds the disk full),
 * "wall S" (the wall clock is so many seconds ahead), or nothing. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static long told(const char *fault) {
    char text[64] = {0}, what[16] = {0};
    const char *path = getenv("LOCKSTEP_FAULTS");
    long number = 0;
    int fd = path ? syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0) return 0;
    long len = syscall(SYS_read, fd, text, sizeof text - 1);
    syscall(SYS_close, fd);
    if (len <= 0 || sscanf(text, "%15s %ld", what, &number) < 1 || strcmp(what, fault) != 0) return 0;
    return number ? number : 1;
}

/* False: the flush fails. */
static int may_flush(void) {
    long ms = told("slow");
    struct timespec pause = {ms / 1000, ms % 1000 * 1000000};
    if (ms) nanosleep(&pause, NULL);
    errno = EIO;
    return !told("broken");
}

int fsync(int fd) { return may_flush() ? syscall(SYS_fsync, fd) : -1; }
int fdatasync(int fd) { return may_flush() ? syscall(SYS_fdatasync, fd) : -1; }

ssize_t pwrite(int fd, const void *from, size_t len, off_t at) {
    if (told("full")) {
        errno = ENOSPC;
        return -1;
    }
    /* Durable when it returns: a flush as well. */
    if (fcntl(fd, F_GETFL) & O_DSYNC && !may_flush()) return -1;
    return syscall(SYS_pwrite64, fd, from, len, at);
}
ssize_t pwrite64(int fd, const void *from, size_t len, off_t at) { return pwrite(fd, from, len, at); }

int clock_gettime(clockid_t clock, struct timespec *now) {
    int result = syscall(SYS_clock_gettime, clock, now);
    if (result == 0 && clock == CLOCK_REALTIME) now->tv_sec += told("wall");
    return result;
}
