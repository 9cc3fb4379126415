/** Runes everywhere; a warning about accessibility is a failure (npm run typecheck). */
export default { compilerOptions: { runes: true } }
