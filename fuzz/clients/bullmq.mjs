// Drives BullMQ on one server: queues, priorities, retries, flows, rate limits, repeated jobs, stalled workers.
//
//     npm install bullmq && node bullmq.mjs PORT
//
// It works in the server's database 0, prints a line for each scenario, and exits with 1 if one fails.
import assert from 'node:assert';
import { FlowProducer, Job, Queue, QueueEvents, Worker } from 'bullmq';

const connection = { host: '127.0.0.1', port: Number(process.argv[2] ?? 6379), maxRetriesPerRequest: null };
const opened = [];

function open(kind, ...args) {
  const thing = new kind(...args);
  thing.on('error', (err) => console.log('error event:', err.message));
  opened.push(thing);
  return thing;
}

const queue = (name) => open(Queue, name, { connection });
const worker = (name, work, options = {}) => open(Worker, name, work, { connection, ...options });

async function events(name) {
  const heard = open(QueueEvents, name, { connection });
  await heard.waitUntilReady();
  return heard;
}

async function until(what, holds, limitMs = 20_000) {
  const end = Date.now() + limitMs;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`it didn't come to be: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const numbers = (count) => [...Array(count).keys()];

const scenarios = {
  async 'two hundred jobs, results and events'() {
    const q = queue('results');
    const heard = await events('results');
    let completed = 0;
    heard.on('completed', () => completed++);
    const w = worker('results', async (job) => job.data.n * 2, { concurrency: 10 });
    const jobs = await q.addBulk(numbers(200).map((n) => ({ name: 'double', data: { n } })));
    assert.equal(await jobs[7].waitUntilFinished(heard, 10_000), 14);
    await until('all are completed', () => completed === 200);
    assert.equal((await q.getJobCounts()).completed, 200);
    await w.close();
  },

  async 'priorities and delays'() {
    const q = queue('order');
    const seen = [];
    await q.add('third', { n: 3 }, { priority: 10 });
    await q.add('first', { n: 1 }, { priority: 1 });
    await q.add('second', { n: 2 }, { priority: 5 });
    await q.add('last', { n: 4 }, { delay: 400 });
    const w = worker('order', async (job) => { seen.push(job.data.n); });
    await until('all have run', () => seen.length === 4);
    assert.deepEqual(seen, [1, 2, 3, 4]);
    await w.close();
  },

  async 'retries, failure, and retried by hand'() {
    const q = queue('failures');
    let tries = 0;
    const w = worker('failures', async () => { tries++; throw new Error('no'); });
    const job = await q.add('fails', {}, { attempts: 3, backoff: { type: 'fixed', delay: 50 } });
    await until('it has failed', () => job.isFailed());
    assert.equal(tries, 3);
    await job.retry();
    await until('it was tried again', () => tries > 3);
    await w.close();
  },

  async 'a flow of ten children'() {
    const flows = open(FlowProducer, { connection });
    const heard = await events('flows');
    const w = worker('flows', async (job) => {
      if (job.name !== 'sum') return job.data.n;
      return Object.values(await job.getChildrenValues()).reduce((a, b) => a + b, 0);
    }, { concurrency: 4 });
    const children = numbers(10).map((n) => ({ name: 'part', queueName: 'flows', data: { n } }));
    const tree = await flows.add({ name: 'sum', queueName: 'flows', children });
    assert.equal(await tree.job.waitUntilFinished(heard, 10_000), 45);
    await w.close();
  },

  async 'a rate limit'() {
    const q = queue('limited');
    const at = [];
    await q.addBulk(numbers(6).map((n) => ({ name: 'tick', data: { n } })));
    const w = worker('limited', async () => { at.push(Date.now()); }, { limiter: { max: 2, duration: 300 } });
    await until('all have run', () => at.length === 6);
    assert.ok(at[5] - at[0] >= 550, `six jobs, two in 300 ms, took ${at[5] - at[0]} ms`);
    await w.close();
  },

  async 'a repeated job'() {
    const q = queue('repeated');
    let runs = 0;
    const w = worker('repeated', async () => { runs++; });
    await q.upsertJobScheduler('clock', { every: 150 }, { name: 'tick', data: {} });
    await until('it has run four times', () => runs >= 4);
    assert.equal((await q.getJobSchedulers()).length, 1);
    assert.ok(await q.removeJobScheduler('clock'));
    await w.close();
  },

  async 'pauses, logs, progress, duplicates, and all of it removed'() {
    const q = queue('kept');
    await q.pause();
    const job = await q.add('waits', {});
    await job.updateProgress(42);
    await job.log('hello');
    assert.equal((await q.getJobLogs(job.id)).logs[0], 'hello');
    assert.equal((await Job.fromId(q, job.id)).progress, 42);
    const [one, same] = [await q.add('once', {}, { deduplication: { id: 'x' } }), await q.add('once', {}, { deduplication: { id: 'x' } })];
    assert.equal(one.id, same.id);
    await q.drain();
    await q.resume();
    await q.obliterate({ force: true });
  },

  async 'a job whose worker has died'() {
    const q = queue('stalled');
    let runs = 0;
    const dies = worker('stalled', () => { runs++; return new Promise(() => {}); },
      { lockDuration: 300, stalledInterval: 200, skipLockRenewal: true });
    await q.add('job', {});
    await until('it has begun', () => runs === 1);
    const takesOver = worker('stalled', async () => { runs++; }, { lockDuration: 300, stalledInterval: 200 });
    await until('another one has taken it over', () => runs >= 2);
    await dies.close(true);
    await takesOver.close(true);
  },
};

for (const [name, scenario] of Object.entries(scenarios)) {
  try {
    await scenario();
    console.log('ok  ', name);
  } catch (err) {
    console.log('FAIL', name, err.stack);
    process.exitCode = 1;
  }
}
await Promise.allSettled(opened.map((thing) => thing.close(true)));
process.exit();
