/* The globals of Digdag's templates, as the real program (GraalJS in its mode for ECMAScript 5 and
 * for Nashorn) answers: without what came after ES5, with the methods of java.lang.String. */
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

    function java(methods) {
        for (var name in methods) {
            Object.defineProperty(String.prototype, name,
                {value: methods[name], configurable: true, writable: true, enumerable: false});
        }
    }
    function repeat(count) {
        var text = '';
        for (var i = 0; i < count; i++) {
            text += this;
        }
        return text;
    }
    java({
        compareTo: function (other) {
            for (var i = 0; i < this.length && i < other.length; i++) {
                if (this.charCodeAt(i) !== other.charCodeAt(i)) {
                    return this.charCodeAt(i) - other.charCodeAt(i);
                }
            }
            return this.length - other.length;
        },
        compareToIgnoreCase: function (other) {
            return this.toLowerCase().compareTo(other.toLowerCase());
        },
        contains: function (part) { return this.indexOf(part) >= 0; },
        contentEquals: function (other) { return String(this) === String(other); },
        endsWith: function (end) {
            return this.length >= end.length && this.slice(this.length - end.length) === String(end);
        },
        equals: function (other) { return String(this) === other; },
        equalsIgnoreCase: function (other) {
            return typeof other === 'string' && this.toLowerCase() === other.toLowerCase();
        },
        hashCode: function () {
            var hash = 0;
            for (var i = 0; i < this.length; i++) {
                hash = (hash * 31 + this.charCodeAt(i)) | 0;
            }
            return hash;
        },
        isBlank: function () { return /^\s*$/.test(this); },
        isEmpty: function () { return this.length === 0; },
        matches: function (pattern) { return new RegExp('^(?:' + pattern + ')$').test(this); },
        repeat: repeat,
        replaceAll: function (pattern, by) { return this.replace(new RegExp(pattern, 'g'), by); },
        replaceFirst: function (pattern, by) { return this.replace(new RegExp(pattern), by); },
        startsWith: function (start, from) {
            return this.substr(from || 0, start.length) === String(start);
        },
        strip: function () { return this.trim(); },
        stripLeading: function () { return this.replace(/^\s+/, ''); },
        stripTrailing: function () { return this.replace(/\s+$/, ''); },
        subSequence: function (from, to) { return this.substring(from, to); }
    });

    /* The engine looks at the clock between its own steps, not within the loops of these: they
     * refuse what would take longer than an expression may. */
    var MOST = 5e4;
    var invoke = Function.prototype.call.bind(Function.prototype.apply);
    function guard(prototype, names, cost) {
        names.split(' ').forEach(function (name) {
            var original = prototype[name];
            var guarded = function () {
                if (cost(this, arguments) > MOST) {
                    throw new RangeError('too much work for ' + name);
                }
                return invoke(original, this, arguments);
            };
            Object.defineProperty(guarded, 'name', {value: name, configurable: true});
            Object.defineProperty(guarded, 'length', {value: original.length, configurable: true});
            Object.defineProperty(prototype, name,
                {value: guarded, writable: true, configurable: true, enumerable: false});
        });
    }
    function elements(list, others) {
        var count = list == null ? 0 : +list.length || 0;
        for (var i = 0; i < others.length; i++) {
            count += others[i] != null && typeof others[i] === 'object' ? +others[i].length || 0 : 0;
        }
        return count;
    }
    function comparisons(text, others) {
        var size = typeof others[0] === 'string' ? others[0].length : 0;
        return text == null || size < 2 ? 0 : text.length * size / 1500;
    }
    guard(Array.prototype, 'join toLocaleString reverse slice splice shift unshift sort concat ' +
        'lastIndexOf', elements);
    guard(String.prototype, 'indexOf lastIndexOf replace split', comparisons);
})(this);
