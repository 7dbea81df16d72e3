// Starts a run and follows it to its end, however often the connection breaks meanwhile.
'use strict';

const crypto = require('crypto');
const grpc = require('@grpc/grpc-js');

const PATIENCE = 30000; // milliseconds without a sign of the daemon
const CHANNEL_OPTIONS = {
  'grpc.max_receive_message_length': -1,
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 500,
};

// What gRPC libraries make of a connection that was cut, or a proxy of a daemon that is away (README.md).
const { UNAVAILABLE, ABORTED, CANCELLED, UNKNOWN } = grpc.status;
const BROKEN = [UNAVAILABLE, ABORTED, CANCELLED, UNKNOWN];

// Pauses that double up to two seconds, less up to a half by chance.
class Retries {
  constructor() {
    this.heard();
  }

  heard() {
    this.pause = 100;
    this.giveUp = Date.now() + PATIENCE;
  }

  async waitAfter(error) {
    if (!BROKEN.includes(error.code) || Date.now() > this.giveUp) throw error;
    const pause = this.pause * (0.5 + Math.random() / 2);
    this.pause = Math.min(2 * this.pause, 2000);
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

// The request id makes it one run, however often it has to be asked for.
async function createRun(client, spec) {
  const request = { spec, requestId: crypto.randomBytes(16).toString('hex') };
  const retries = new Retries();
  for (;;) {
    try {
      return await new Promise((resolve, reject) => {
        client.createRun(request, (error, response) => {
          if (error) reject(error);
          else resolve(response.run);
        });
      });
    } catch (error) {
      await retries.waitAfter(error);
    }
  }
}

// Calls `show` with each event of the run once, in order; gives the run as it ended.
async function watchRun(client, runId, show) {
  const retries = new Retries();
  let last = '0'; // 64 bits wide
  let run = null;
  for (;;) {
    try {
      for await (const message of client.watchRun({ runId, afterSequence: last })) {
        retries.heard();
        for (const event of message.events) {
          show(event);
          last = event.sequence;
        }
        run = message.run || run;
      }
      if (run && run.endTime) return run;
      throw new Error('the stream ended before the run');
    } catch (error) {
      await retries.waitAfter(error);
    }
  }
}

module.exports = { CHANNEL_OPTIONS, createRun, watchRun };
