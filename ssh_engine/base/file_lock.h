// Locks that say that a daemon lives here.
#ifndef SSH_ENGINE_BASE_FILE_LOCK_H_
#define SSH_ENGINE_BASE_FILE_LOCK_H_

namespace muster::engine {

// flock(2) on an open file, for this process alone: the kernel's, so it goes with the process,
// however that ends. Tries for half a second: who only looks whether a daemon is there (muster)
// holds it for a moment, and one that was killed may take another to be gone. 0, or errno;
// EWOULDBLOCK: another one has it. Blocks.
int LockFile(int fd);

}  // namespace muster::engine

#endif  // SSH_ENGINE_BASE_FILE_LOCK_H_
