// A server on ssh2 that runs commands: PORT AUTHORIZED_KEYS WAY (servers.py)
const {spawn} = require('child_process');
const fs = require('fs');
const {Server, utils} = require('ssh2');

const [port, authorizedKeys, way] = process.argv.slice(2);
const METHODS = {
  keys: ['publickey'], password: ['password'], interactive: ['keyboard-interactive'],
  code: ['keyboard-interactive'], open: ['none'], several: ['publickey', 'password'],
  steps: ['password', 'keyboard-interactive'],
};
const password = {prompt: 'Password: ', echo: false}, code = {prompt: 'Verification code: ', echo: false};
const QUESTIONS = {interactive: [password], code: [password, code], steps: [code]};
const ANSWERS = {[password.prompt]: process.env.LOGIN_PASSWORD, [code.prompt]: process.env.LOGIN_CODE};
if (!METHODS[way]) process.exit(3);

const keys = fs.readFileSync(authorizedKeys, 'utf8').split('\n').filter(Boolean)
    .map((line) => utils.parseKey(line)).filter((key) => !(key instanceof Error));
const hostKey = utils.generateKeyPairSync('ed25519').private;

function isKnown(context) {
  const known = keys.find(
      (key) => key.type === context.key.algo && key.getPublicSSH().equals(context.key.data));
  return known && (!context.signature || known.verify(context.blob, context.signature, context.hashAlgo) === true);
}

function isRight(answers) {
  const questions = QUESTIONS[way];
  return answers.length === questions.length && questions.every(({prompt}, i) => ANSWERS[prompt] === answers[i]);
}

function authenticator() {
  let wanted = METHODS[way];
  function note(context, right) {
    if (!right) return context.reject(wanted.slice(0, 1));
    const onlyAsked = context.method === 'publickey' && !context.signature;
    if (wanted.length === 1 || onlyAsked) return context.accept();
    wanted = wanted.slice(1);
    return context.reject(wanted.slice(0, 1), true);
  }
  return (context) => {
    if (context.method !== wanted[0]) return note(context, false);
    if (context.method === 'publickey') return note(context, isKnown(context));
    if (context.method === 'password') return note(context, context.password === ANSWERS[password.prompt]);
    if (context.method === 'none') return note(context, true);
    return context.prompt(QUESTIONS[way], (answers) => note(context, isRight(answers)));
  };
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
  client.on('authentication', authenticator());
  client.on('error', () => {});
  client.on('ready', () => client.on('session', (accept) => run(accept())));
}).listen(Number(port), '127.0.0.1');
