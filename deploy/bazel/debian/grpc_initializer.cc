// The shared libgrpc++ does this when it is loaded; of the static one, the linker leaves it out
// where only headers of it are used (grpc::Slice).
#include <grpcpp/impl/grpc_library.h>

namespace {
const grpc::internal::GrpcLibraryInitializer initializer;
}  // namespace
