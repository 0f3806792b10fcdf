import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query'
import { ApiError } from '../http'
import { learnFromRefusal } from '../ui/session'

const MAX_RETRIES = 2

/** A read is tried again when the server or the network failed, never when it was refused. */
function isWorthRetrying(failures: number, error: Error): boolean {
  if (!(error instanceof ApiError)) return false
  return failures < MAX_RETRIES && (error.status === 0 || error.status >= 500)
}

export function createQueries(): QueryClient {
  const client: QueryClient = new QueryClient({
    queryCache: new QueryCache({ onError: (error) => learnFromRefusal(client, error) }),
    mutationCache: new MutationCache({ onError: (error) => learnFromRefusal(client, error) }),
    defaultOptions: {
      queries: { retry: isWorthRetrying, staleTime: 5_000, networkMode: 'always' },
      // A write is sent once. Whether to send it again is for a person who has read why it failed.
      mutations: { retry: false, networkMode: 'always' },
    },
  })
  return client
}
