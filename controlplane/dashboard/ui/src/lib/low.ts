/**
 * What a long list needs in a low window, as of 400 % zoom: it begins below the window there, and without a guess of the height of its
 * items it would have none that Tab could reach.
 */
export const low = innerHeight < 480 ? { bufferSize: 480, itemSize: 120 } : {}
