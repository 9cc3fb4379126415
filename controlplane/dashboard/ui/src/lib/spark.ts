export interface Bar {
  readonly all: number
  readonly on: number
}

/** Reads the 24 hours of the list into bars of at most 18 pixels. */
export function bars(spark: string | undefined): Bar[] {
  if (!spark) return []
  const hours = spark.split(',').map((hour) => hour.split('/').map(Number) as [number, number?])
  const most = Math.max(1, ...hours.map(([all]) => all))
  return hours.map(([all, on = 0]) => ({ all: all > 0 ? Math.max(1, Math.round((all / most) * 18)) : 0, on: Math.round((on / most) * 18) }))
}
