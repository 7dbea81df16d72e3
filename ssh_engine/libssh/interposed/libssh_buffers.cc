#include "ssh_engine/libssh/interposed/libssh_buffers.h"

#include <dlfcn.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace muster::engine {
namespace {

thread_local LibsshBuffers* current = nullptr;

// As in libssh 0.10 (buffer.c).
struct Layout {
  bool secure;
  uint32_t used;
  uint32_t allocated;
  uint32_t pos;
  uint8_t* data;
};

constexpr uint32_t kNew = 64;  // bytes
// Not worth the trouble.
constexpr uint32_t kSmall = 512;

template <typename Function>
Function* InLibssh(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

ssh_buffer MakeBuffer() {
  static const auto make = InLibssh<ssh_buffer()>("ssh_buffer_new");
  return make();
}

void FreeBuffer(ssh_buffer buffer) {
  static const auto free = InLibssh<void(ssh_buffer)>("ssh_buffer_free");
  free(buffer);
}

Layout* LayoutOf(ssh_buffer buffer) { return reinterpret_cast<Layout*>(buffer); }

// Another libssh may have other buffers: then they are left alone.
bool IsLayoutKnown() {
  static const bool known = [] {
    const ssh_buffer buffer = MakeBuffer();
    const Layout* layout = LayoutOf(buffer);
    const char data[100] = {};
    char taken[10];
    ssh_buffer_add_data(buffer, data, sizeof(data));
    ssh_buffer_get_data(buffer, taken, sizeof(taken));
    const bool same = layout->used == sizeof(data) && layout->pos == sizeof(taken) &&
                      layout->allocated == 128 && !layout->secure &&
                      layout->data + layout->pos == ssh_buffer_get(buffer);
    FreeBuffer(buffer);
    return same;
  }();
  return known;
}

// As new, but for what it holds.
void Trim(Layout* buffer) {
  const uint32_t held = buffer->used - buffer->pos;
  const uint32_t size = std::max(held, kNew);
  auto* data = static_cast<uint8_t*>(malloc(size));  // libssh frees it
  if (data == nullptr) return;
  std::memcpy(data, buffer->data + buffer->pos, held);
  free(buffer->data);
  *buffer = {false, held, size, 0, data};
}

}  // namespace

void LibsshBuffers::GiveBack() {
  if (!IsLayoutKnown()) return;
  for (ssh_buffer buffer : buffers_) {
    Layout* layout = LayoutOf(buffer);
    const uint32_t held = layout->used - layout->pos;
    if (layout->allocated - held > kSmall && !layout->secure) Trim(layout);
  }
}

bool LibsshBuffers::Has(ssh_buffer buffer) const {
  return std::find(buffers_.begin(), buffers_.end(), buffer) != buffers_.end();
}

size_t LibsshBuffers::allocated() const {
  size_t sum = 0;
  for (ssh_buffer buffer : buffers_) sum += IsLayoutKnown() ? LayoutOf(buffer)->allocated : 0;
  return sum;
}

// Most are freed soon after they were made.
void LibsshBuffers::Forget(ssh_buffer buffer) {
  const auto found = std::find(buffers_.rbegin(), buffers_.rend(), buffer);
  if (found != buffers_.rend()) buffers_.erase(std::next(found).base());
}

LibsshBuffers::Scope::Scope(LibsshBuffers* buffers) : outer_(std::exchange(current, buffers)) {}

LibsshBuffers::Scope::~Scope() { current = outer_; }

}  // namespace muster::engine

// In front of libssh's: a program that links this has them, and libssh calls them, for symbols are
// looked up in the program first (ld.so(8)).

extern "C" ssh_buffer ssh_buffer_new(void) {
  const ssh_buffer buffer = muster::engine::MakeBuffer();
  if (muster::engine::current != nullptr && buffer != nullptr) {
    muster::engine::current->Note(buffer);
  }
  return buffer;
}

extern "C" void ssh_buffer_free(ssh_buffer buffer) {
  if (muster::engine::current != nullptr && buffer != nullptr) {
    muster::engine::current->Forget(buffer);
  }
  muster::engine::FreeBuffer(buffer);
}
