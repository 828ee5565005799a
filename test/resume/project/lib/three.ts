export const three = (sum: number): number => sum + 3
