/** Asks the REST API of an MLflow. */
export async function ask(
  uri: string,
  path: string,
  query: Readonly<Record<string, string>> = {},
): Promise<unknown> {
  const answer = await fetch(
    `${uri}/api/2.0/mlflow/${path}?${new URLSearchParams(query).toString()}`,
  )
  return answer.json()
}
