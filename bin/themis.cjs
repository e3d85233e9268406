#!/usr/bin/env node
'use strict';
// Launcher in old syntax: any Node >= 12 can run it. It hands over to the Node 26 that `npm ci` brought, because
// Themis itself needs Temporal, node:sqlite and type stripping; without one it says so in one sentence.
var path = require('path');
var fs = require('fs');

// Here NO_COLOR wins; Node.js would warn of the pair on every start, in child processes too.
if (process.env.NO_COLOR) delete process.env.FORCE_COLOR;

var root = path.join(__dirname, '..');
var built = path.join(root, 'dist', 'cli', 'main.js');
var source = path.join(root, 'src', 'apps', 'cli', 'main.ts');
var entry = fs.existsSync(source) ? source : built;

function bundledNode() {
  // The `node` package keeps its binary in its own bin directory; a hoisted install has it one level up.
  var name = process.platform === 'win32' ? 'node.exe' : 'node';
  var places = [path.join(root, 'node_modules', 'node', 'bin', name), path.join(root, '..', 'node', 'bin', name)];
  for (var i = 0; i < places.length; i += 1) if (fs.existsSync(places[i])) return places[i];
  return undefined;
}

function fail() {
  // Only a checkout has the lock file that brings one along.
  var mend = entry === source ? 'run `npm ci` in ' + root + ' (it brings one along), or install' : 'install';
  process.stderr.write(
    'themis needs Node.js 26 or newer and found ' + process.version + ': ' + mend + ' Node.js 26.\n',
  );
  process.exit(69);
}

function handOver(binary) {
  var child = require('child_process').spawn(binary, [__filename].concat(process.argv.slice(2)), { stdio: 'inherit' });
  // A terminal sends SIGINT to the whole foreground group; forwarding it there would deliver it twice.
  process.on('SIGINT', function () {
    if (!process.stdin.isTTY) child.kill('SIGINT');
  });
  ['SIGTERM', 'SIGHUP'].forEach(function (signal) {
    process.on(signal, function () {
      child.kill(signal);
    });
  });
  child.on('error', fail);
  child.on('exit', function (code, signal) {
    if (signal === null) process.exit(code);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

/** Compiling takes half of a start. Kept where only this user writes; where that is not possible it is compiled again. */
function keepCompiledCode() {
  try {
    // Throws where a user has none.
    var home = process.env.XDG_CACHE_HOME || path.join(require('os').homedir(), '.cache');
    // From below the working directory a repository could bring its own.
    if (!path.isAbsolute(home)) return;
    var directory = path.join(home, 'themis');
    // Node.js would make it as well, for everybody to read, and never end where it cannot.
    fs.mkdirSync(directory, { recursive: true, mode: 448 });
    var made = fs.lstatSync(directory);
    // Code that somebody else could have written is not run.
    if (process.getuid && (made.uid !== process.getuid() || (made.mode & 18) !== 0)) return;
    require('module').enableCompileCache(directory);
  } catch {
    // A start takes as long as it takes.
  }
}

if (Number(process.versions.node.split('.')[0]) >= 26) {
  keepCompiledCode();
  import(require('url').pathToFileURL(entry).href).then(
    function (cli) {
      return cli.main();
    },
    function (error) {
      if (
        error &&
        error.code === 'ERR_MODULE_NOT_FOUND' &&
        !fs.existsSync(path.join(root, 'node_modules')) &&
        entry === source
      )
        fail();
      throw error;
    },
  );
} else {
  var binary = bundledNode();
  if (binary === undefined) fail();
  else handOver(binary);
}
