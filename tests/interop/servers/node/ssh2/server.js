// A server on ssh2 that runs commands: PORT AUTHORIZED_KEYS
const {spawn} = require('child_process');
const fs = require('fs');
const {Server, utils} = require('ssh2');

const keys = fs.readFileSync(process.argv[3], 'utf8').split('\n').filter(Boolean)
    .map((line) => utils.parseKey(line)).filter((key) => !(key instanceof Error));
const hostKey = utils.generateKeyPairSync('ed25519').private;

function authenticate(context) {
  const known = context.method === 'publickey' && keys.find(
      (key) => key.type === context.key.algo && key.getPublicSSH().equals(context.key.data));
  if (!known) return context.reject(['publickey']);
  if (context.signature && known.verify(context.blob, context.signature, context.hashAlgo) !== true) {
    return context.reject(['publickey']);
  }
  return context.accept();
}

function run(session) {
  let child = null;
  session.on('signal', (accept, reject, info) => {
    if (child) process.kill(-child.pid, 'SIG' + info.name);
    if (accept) accept();
  });
  session.on('exec', (accept, reject, info) => {
    const channel = accept();
    child = spawn('/bin/sh', ['-c', info.command], {detached: true, stdio: ['ignore', 'pipe', 'pipe']});
    child.stdout.pipe(channel, {end: false});
    child.stderr.pipe(channel.stderr, {end: false});
    child.on('close', (code, name) => {
      if (name) channel.exit(name.replace('SIG', ''));
      else channel.exit(code);
      channel.end();
    });
    channel.on('close', () => {
      try { process.kill(-child.pid, 'SIGKILL'); } catch (error) { /* it has ended */ }
    });
  });
}

new Server({hostKeys: [hostKey]}, (client) => {
  client.on('authentication', authenticate);
  client.on('error', () => {});
  client.on('ready', () => client.on('session', (accept) => run(accept())));
}).listen(Number(process.argv[2]), '127.0.0.1');
