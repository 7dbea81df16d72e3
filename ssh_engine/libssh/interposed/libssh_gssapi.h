// What libssh has GSSAPI make for a login, and does not give back.
#ifndef SSH_ENGINE_LIBSSH_INTERPOSED_LIBSSH_GSSAPI_H_
#define SSH_ENGINE_LIBSSH_INTERPOSED_LIBSSH_GSSAPI_H_

#include <gssapi/gssapi.h>

#include <vector>

namespace muster::engine {

// libssh 0.10 frees neither the context of a login by GSSAPI nor the server's name (gssapi.c): some
// KiB each, for good. Within a Scope what is made on this thread is noted here, unless it is freed
// within one, too, as another libssh may do, and freed with this. (Its own structure, some 300
// bytes, stays.) So every use of the session that may make or free one is within a scope, its end
// included. Used by one thread at a time; destroyed once the session is.
class LibsshGssapi {
 public:
  class Scope;

  LibsshGssapi() = default;
  ~LibsshGssapi();
  LibsshGssapi(const LibsshGssapi&) = delete;
  LibsshGssapi& operator=(const LibsshGssapi&) = delete;

  // --- What libssh calls, within a scope.
  void Note(gss_ctx_id_t context);
  void Note(gss_name_t name) { names_.push_back(name); }
  void Forget(gss_ctx_id_t context);
  void Forget(gss_name_t name);

 private:
  std::vector<gss_ctx_id_t> contexts_;
  std::vector<gss_name_t> names_;
};

class LibsshGssapi::Scope {
 public:
  explicit Scope(LibsshGssapi* noted);
  ~Scope();
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;

 private:
  LibsshGssapi* const outer_;
};

}  // namespace muster::engine

#endif  // SSH_ENGINE_LIBSSH_INTERPOSED_LIBSSH_GSSAPI_H_
