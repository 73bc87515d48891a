// The runtime of Node.js functions: loads the handler and serves one event at a time over the Runtime API.
//
// How handlers are found, what a response and an error look like and what a log line holds are as Lambda documents them:
// docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html, nodejs-context.html, nodejs-exceptions.html, nodejs-logging.html

import fs from "node:fs";
import http from "node:http";
import path from "node:path";
import { createRequire } from "node:module";
import { Writable } from "node:stream";
import { pathToFileURL } from "node:url";
import util from "node:util";

const API = new URL(`http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/`);
const ROOT = process.env.LAMBDA_TASK_ROOT;
const TELEMETRY = Number(process.env._LAMBDA_TELEMETRY_LOG_FD);
const AS_JSON = process.env.AWS_LAMBDA_LOG_FORMAT === "JSON";
const LEVELS = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];
const LEAST_LEVEL = AS_JSON ? Math.max(0, LEVELS.indexOf(process.env.AWS_LAMBDA_LOG_LEVEL ?? "INFO")) : 0;
const FRAME_BYTES = 16;
const STREAMED = Symbol("streamed");
const connections = new http.Agent({ keepAlive: true });

let requestId;
let settle;
let isIdle = false;

delete process.env._LAMBDA_TELEMETRY_LOG_FD;

// Ask the Runtime API; the process is not ended by waiting, and not held by an idle connection.
function call(method, name, body = "", headers = {}) {
  return new Promise((resolve, reject) => {
    const sent = Buffer.from(body);
    const options = { method, agent: connections, headers: { ...headers, "Content-Length": sent.length } };
    const request = http.request(new URL(name, API), options, (response) => {
      const chunks = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("end", () => resolve({ headers: response.headers, body: Buffer.concat(chunks).toString("utf8") }));
    });
    request.on("error", reject);
    request.end(sent);
  });
}

// One record of the log, however many lines it has.
function log(level, values) {
  if (LEVELS.indexOf(level) < LEAST_LEVEL) return;
  const time = new Date().toISOString();
  const text = AS_JSON ? jsonRecord(time, level, values) : `${time}\t${requestId}\t${level}\t${util.format(...values)}`;
  const message = Buffer.from(`${text}\n`);
  const frame = Buffer.alloc(FRAME_BYTES);
  frame.writeUInt32BE(0xa55a0003, 0);
  frame.writeUInt32BE(message.length, 4);
  frame.writeBigUInt64BE(BigInt(Date.now()) * 1000n, 8);
  writeAll(Buffer.concat([frame, message]));
}

function writeAll(bytes) {
  for (let written = 0; written < bytes.length; ) written += fs.writeSync(TELEMETRY, bytes, written);
}

function jsonRecord(timestamp, level, values) {
  const record = { timestamp, level, requestId };
  const error = values.find((value) => util.types.isNativeError(value));
  if (error) {
    Object.assign(record, { errorType: error.name, errorMessage: error.message, stackTrace: traceOf(error) });
  }
  try {
    const message = values.length === 1 ? values[0] : util.format(...values);
    return JSON.stringify({ ...record, message: util.types.isNativeError(message) ? message.message : message });
  } catch {
    return JSON.stringify({ ...record, message: util.format(...values) });
  }
}

const METHODS = { trace: "TRACE", debug: "DEBUG", log: "INFO", info: "INFO", warn: "WARN", error: "ERROR", fatal: "FATAL" };
for (const [method, level] of Object.entries(METHODS)) {
  console[method] = (...values) => log(level, values);
}

function traceOf(error) {
  return String(error.stack ?? "").split("\n");
}

// The error as the caller of the function sees it.
function described(error) {
  if (util.types.isNativeError(error) || error instanceof Error) {
    return { errorType: error.name, errorMessage: error.message, trace: traceOf(error) };
  }
  return { errorType: typeof error, errorMessage: String(error), trace: [] };
}

class RuntimeError extends Error {
  constructor(name, message, cause) {
    super(message);
    this.name = name;
    if (cause?.stack) this.stack = `${name}: ${cause.stack}`;
  }
}

async function imported(file) {
  try {
    return await import(pathToFileURL(file).href);
  } catch (error) {
    if (error instanceof SyntaxError) throw new RuntimeError("Runtime.UserCodeSyntaxError", `SyntaxError: ${error.message}`, error);
    if (["MODULE_NOT_FOUND", "ERR_MODULE_NOT_FOUND"].includes(error?.code)) {
      throw new RuntimeError("Runtime.ImportModuleError", `Error: ${error.message}`, error);
    }
    throw error;
  }
}

// `folder/module.property`, where the property may be one of a property.
async function loadHandler(named) {
  const folder = path.dirname(named);
  const [, module, property] = /^([^.]*)\.(.*)$/s.exec(path.basename(named)) ?? [];
  if (!module || !property || named.includes("..")) throw new RuntimeError("Runtime.MalformedHandlerName", "Bad handler");
  const file = path.resolve(ROOT, folder, module);
  const found = [file, `${file}.js`, `${file}.mjs`, `${file}.cjs`].find((each) => fs.statSync(each, { throwIfNoEntry: false })?.isFile());
  let exported;
  if (found) {
    exported = await imported(found);
  } else {
    let resolved;
    try {
      resolved = createRequire(path.join(ROOT, "index.js")).resolve(path.join(folder, module), { paths: [ROOT] });
    } catch {
      throw new RuntimeError("Runtime.ImportModuleError", `Error: Cannot find module '${module}'`);
    }
    exported = await imported(resolved);
  }
  const within = (start) => property.split(".").reduce((value, name) => value?.[name], start);
  const handler = within(exported) ?? within(exported.default);
  if (handler === undefined) throw new RuntimeError("Runtime.HandlerNotFound", `${named} is undefined or not exported`);
  if (typeof handler !== "function") throw new RuntimeError("Runtime.HandlerNotFound", `${named} is not a function`);
  return handler;
}

function contextOf(headers, respond) {
  const deadline = Number(headers["lambda-runtime-deadline-ms"]);
  const optional = (name) => (headers[name] ? JSON.parse(headers[name]) : undefined);
  const context = {
    callbackWaitsForEmptyEventLoop: true,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    awsRequestId: headers["lambda-runtime-aws-request-id"],
    invokedFunctionArn: headers["lambda-runtime-invoked-function-arn"],
    clientContext: optional("lambda-runtime-client-context"),
    identity: optional("lambda-runtime-cognito-identity"),
    getRemainingTimeInMillis: () => deadline - Date.now(),
    done: (error, value) => respond(error, value),
    succeed: (value) => respond(null, value),
    fail: (error) => respond(error ?? "handled"),
  };
  return context;
}

// What a streaming handler writes, whole: Invoke without a stream answers with all of it.
function collected() {
  const chunks = [];
  const stream = new Writable({
    write(chunk, _, next) {
      chunks.push(chunk);
      next();
    },
  });
  stream.setContentType = () => {};
  return { stream, text: () => Buffer.concat(chunks).toString("utf8") };
}

globalThis.awslambda = {
  streamifyResponse: (handler) => Object.assign(handler, { [STREAMED]: true }),
  HttpResponseStream: {
    from: () => {
      throw new RuntimeError("Runtime.NotOnTheLocalAws", "HttpResponseStream is not there on the local AWS");
    },
  },
};

// Run the handler once; resolves to [error, body].
function handled(handler, event, headers) {
  return new Promise((resolve) => {
    let called = false;
    const end = (answer) => {
      settle = undefined;
      resolve(answer);
    };
    const respond = (error, value) => {
      if (called || !settle) return;
      called = true;
      const answer = error === null || error === undefined ? answerOf(value) : [described(error)];
      if (context.callbackWaitsForEmptyEventLoop) settle = () => end(answer);
      else end(answer);
    };
    const context = contextOf(headers, respond);
    const returned = (value) => settle && end(answerOf(value));
    const failed = (reason) => settle && end([described(reason)]);
    settle = () => end(answerOf(null));
    try {
      if (handler[STREAMED]) {
        const { stream, text } = collected();
        const written = new Promise((done, broken) => stream.on("finish", done).on("error", broken));
        Promise.all([handler(event, stream, context), written]).then(() => settle && end([null, text()]), failed);
        return;
      }
      const answer = handler(event, context, respond);
      if (typeof answer?.then === "function") answer.then(returned, failed);
    } catch (reason) {
      failed(reason);
    }
  });
}

function answerOf(value) {
  try {
    return [null, JSON.stringify(value === undefined ? null : value) ?? "null"];
  } catch {
    return [described(new Error("Unable to stringify response body"))];
  }
}

function logError(title, { errorType, errorMessage, trace }) {
  log("ERROR", [`${title} \t${JSON.stringify({ errorType, errorMessage, stack: trace })}`]);
}

async function report(name, error) {
  const headers = { "Content-Type": "application/json", "Lambda-Runtime-Function-Error-Type": error.errorType };
  await call("POST", name, JSON.stringify(error), headers);
}

async function serve(handler) {
  for (;;) {
    const { headers, body } = await call("GET", "invocation/next");
    requestId = headers["lambda-runtime-aws-request-id"];
    isIdle = false;
    if (headers["lambda-runtime-trace-id"]) process.env._X_AMZN_TRACE_ID = headers["lambda-runtime-trace-id"];
    const [error, answer] = await handled(handler, JSON.parse(body), headers);
    if (error) {
      logError("Invoke Error", error);
      await report(`invocation/${requestId}/error`, error);
    } else {
      await call("POST", `invocation/${requestId}/response`, answer, { "Content-Type": "application/json" });
    }
    requestId = undefined;
    isIdle = true;
  }
}

// A handler that waits for nothing any more has ended.
process.on("beforeExit", () => settle?.());

async function crash(error, title, code) {
  logError(title, error);
  if (!isIdle) await report(requestId ? `invocation/${requestId}/error` : "init/error", error);
  process.exit(code);
}

process.on("uncaughtException", (error) => crash(described(error), "Uncaught Exception", 129));
process.on("unhandledRejection", (reason) => {
  const { errorMessage, trace } = described(reason);
  const name = "Runtime.UnhandledPromiseRejection";
  const text = util.types.isNativeError(reason) ? String(reason) : errorMessage;
  return crash({ errorType: name, errorMessage: text, trace: [`${name}: ${text}`, ...trace] }, "Unhandled Promise Rejection", 128);
});

try {
  await serve(await loadHandler(process.argv[2]));
} catch (error) {
  await crash(described(error), "Uncaught Exception", 1);
}
