// What ESLint asks of the page and of its tests. Types are TypeScript's business.

const browser = ['window', 'document', 'location', 'history', 'navigator', 'console', 'fetch', 'crypto', 'performance', 'sessionStorage',
	'setTimeout', 'clearTimeout', 'requestAnimationFrame', 'URL', 'URLSearchParams', 'AbortController', 'AbortSignal', 'Blob', 'KeyboardEvent', 'Response'];
const node = ['require', 'module', 'process', '__dirname', 'console', 'Buffer', 'fetch', 'URL', 'setTimeout', 'clearTimeout', 'structuredClone'];
// What the tests pass to the browser to run there.
const both = [...new Set([...browser, ...node, 'axe', 'getComputedStyle', 'PerformanceObserver'])];

/** @param {string[]} names */
const globals = (names) => Object.fromEntries(names.map((name) => [name, 'readonly']));

const rules = {
	'array-callback-return': 'error', complexity: ['error', 20], 'consistent-return': 'error', eqeqeq: 'error', 'max-len': ['error', { code: 140, ignoreComments: true, ignoreStrings: true, ignoreTemplateLiterals: true }],
	'max-lines-per-function': ['error', { max: 70, skipComments: true }], 'no-cond-assign': 'error', 'no-constant-condition': ['error', { checkLoops: false }],
	'no-console': ['error', { allow: ['error'] }], 'no-dupe-keys': 'error', 'no-duplicate-imports': 'error', 'no-else-return': 'error', 'no-empty': 'error',
	'no-eval': 'error', 'no-fallthrough': 'error', 'no-implied-eval': 'error', 'no-new-func': 'error', 'no-param-reassign': 'error',
	'no-self-compare': 'error', 'no-shadow': 'error', 'no-unreachable': 'error', 'no-unused-vars': ['error', { argsIgnorePattern: '^_' }], 'no-undef': 'error',
	'no-use-before-define': ['error', { functions: false, variables: false }], 'no-useless-return': 'error', 'no-var': 'error', 'object-shorthand': 'error',
	'prefer-const': 'error', 'require-atomic-updates': 'error', radix: 'error',
	// No text is ever made into markup.
	'no-restricted-properties': ['error', ...['innerHTML', 'outerHTML', 'insertAdjacentHTML', 'write'].map((property) => ({ property, object: 'document' }))],
	'no-restricted-syntax': ['error', {
		selector: ':matches(Property, MemberExpression, TemplateElement)[key.name="dangerouslySetInnerHTML"], MemberExpression[property.name=/^(innerHTML|outerHTML|insertAdjacentHTML)$/]',
		message: 'No text is ever made into markup.',
	}, { selector: 'TemplateElement[value.raw=/(dangerouslySetInnerHTML|innerHTML)/]', message: 'No text is ever made into markup.' }],
};

export default [
	{ ignores: ['**/vendor/**', '**/*.d.ts'] },
	{ files: ['web/**/*.js'], languageOptions: { ecmaVersion: 2023, sourceType: 'module', globals: globals(browser) }, rules },
	{
		files: ['page/**/*.cjs'], languageOptions: { ecmaVersion: 2023, sourceType: 'commonjs', globals: globals(both) },
		// They try in the browser what the page itself must not do.
		rules: { ...rules, 'no-console': 'off', 'max-len': 'off', 'max-lines-per-function': 'off', 'no-eval': 'off', 'no-restricted-syntax': 'off' },
	},
];
