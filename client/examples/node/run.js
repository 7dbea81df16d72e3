// Runs a shell command on hosts and prints their lines as they come. Ctrl-C cancels the run.
//
//     node run.js TARGETS COMMAND
'use strict';

const os = require('os');
const path = require('path');
const grpc = require('@grpc/grpc-js');
const protoLoader = require('@grpc/proto-loader');
const follow = require('./follow');

const PROTO = process.env.MUSTER_PROTO || path.join(__dirname, '../../../proto');

function loadService() {
  const definition = protoLoader.loadSync('muster/v1/run_service.proto', {
    includeDirs: [PROTO],
    enums: String,
    longs: String, // sequences are 64 bits wide
    defaults: true,
    oneofs: true,
  });
  return grpc.loadPackageDefinition(definition).muster.v1.RunService;
}

function makeSpec(targets, command) {
  const ssh = path.join(os.homedir(), '.ssh');
  const env = process.env;
  return {
    targets: { expression: targets },
    command: { shell: command },
    login: {
      user: env.MUSTER_USER || '',
      port: Number(env.MUSTER_PORT || 0),
      local: {
        agentSocket: env.SSH_AUTH_SOCK || '',
        identityFiles: [{ path: env.MUSTER_KEY || path.join(ssh, 'id_ed25519') }],
        knownHostsFiles: [env.MUSTER_KNOWN_HOSTS || path.join(ssh, 'known_hosts')],
      },
    },
  };
}

function show(event, names) {
  if (event.kind === 'hostsAdded') {
    names.push(...event.hostsAdded.hosts.map((host) => host.name));
  } else if (event.kind === 'output') {
    // Bytes: what a host writes need not be UTF-8. Latin-1 carries any byte through.
    const name = names[event.output.hostIndex];
    const lines = event.output.data.toString('latin1').match(/[^\n]*\n|[^\n]+$/g);
    for (const line of lines) process.stdout.write(Buffer.from(`${name}: ${line}`, 'latin1'));
  } else if (event.kind === 'hostFinished') {
    const { hostIndex, outcome } = event.hostFinished;
    if (outcome.state !== 'HOST_STATE_SUCCEEDED') {
      console.error(names[hostIndex], outcome.state, outcome.message);
    }
  }
}

async function runToEnd(client, spec) {
  const run = await follow.createRun(client, spec);
  process.once('SIGINT', () => client.cancelRun({ runId: run.id }, () => process.exit(130)));
  const names = [];
  return follow.watchRun(client, run.id, (event) => show(event, names));
}

async function main(args) {
  if (args.length !== 2) {
    console.error('usage: node run.js TARGETS COMMAND');
    process.exit(2);
  }
  const RunService = loadService();
  const client = new RunService(process.env.MUSTER_SERVER, grpc.credentials.createInsecure(),
    follow.CHANNEL_OPTIONS);
  process.exitCode = 1;
  try {
    const run = await runToEnd(client, makeSpec(...args));
    if (run.state === 'RUN_STATE_SUCCEEDED') process.exitCode = 0;
  } catch (error) {
    console.error(error.code === undefined ? error : `${grpc.status[error.code]}: ${error.details}`);
  }
  client.close();
  process.removeAllListeners('SIGINT');
}

main(process.argv.slice(2));
