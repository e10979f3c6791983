/* Takes away what came after ECMAScript 5, so that a template that runs here runs in Digdag, too
 * (GraalJS in its mode for ES5; the lists are what that has less, asked of the real program). */
(function (global) {
    function remove(from, names) {
        names.split(' ').forEach(function (name) {
            delete from[name];
        });
    }
    remove(Object, 'assign entries fromEntries getOwnPropertyDescriptors getOwnPropertySymbols ' +
        'groupBy hasOwn is values');
    remove(Array, 'from fromAsync of');
    remove(Array.prototype, 'at copyWithin entries fill find findIndex findLast findLastIndex flat ' +
        'flatMap includes keys toReversed toSorted toSpliced values with');
    remove(String, 'fromCodePoint');
    remove(String.prototype, 'at codePointAt endsWith includes isWellFormed matchAll normalize ' +
        'padEnd padStart repeat replaceAll startsWith toWellFormed');
    remove(Number, 'EPSILON MAX_SAFE_INTEGER MIN_SAFE_INTEGER isFinite isInteger isNaN ' +
        'isSafeInteger parseFloat parseInt');
    remove(RegExp, 'escape');
    remove(RegExp.prototype, 'dotAll hasIndices sticky unicode unicodeSets');
    remove(Error, 'isError prepareStackTrace');
    remove(Math, 'acosh asinh atanh cbrt clz32 cosh expm1 f16round fround hypot imul log10 log1p ' +
        'log2 sign sinh sumPrecise tanh trunc');
    remove(JSON, 'isRawJSON rawJSON');
    remove(global, 'AggregateError BigInt DisposableStack InternalError Iterator Reflect ' +
        'SuppressedError Symbol globalThis queueMicrotask');
})(this);
