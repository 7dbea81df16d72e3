// muster artifacts.
#ifndef CLIENT_COMMANDS_ARTIFACT_COMMANDS_H_
#define CLIENT_COMMANDS_ARTIFACT_COMMANDS_H_

#include "client/commands/interrupts.h"
#include "client/library/muster_client.h"
#include "client/options/options.h"
#include "client/output/output_writer.h"

namespace muster::client {

// Each returns the exit code.
int PutArtifactCommand(const Options& options, Interrupts* interrupts, MusterClient* client,
                       OutputWriter* output);
int ListArtifactsCommand(const Options& options, MusterClient* client, OutputWriter* output);
int RemoveArtifactsCommand(const Options& options, MusterClient* client, OutputWriter* output);

}  // namespace muster::client

#endif  // CLIENT_COMMANDS_ARTIFACT_COMMANDS_H_
