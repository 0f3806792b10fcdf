import type { UseFormReturnType } from '@mantine/form'
import type { UseMutationResult } from '@tanstack/react-query'
import { useFieldErrors } from './error-words'

/**
 * The submit handler of a form of settings: afterwards the form holds what the server kept, or each
 * field that it refused says why.
 */
export function useSave<Values extends object, Body, Saved>(
  form: UseFormReturnType<Values>,
  save: UseMutationResult<Saved, Error, Body>,
  bodyOf: (values: Values) => Body,
  valuesOf: (saved: Saved) => Values,
) {
  const fieldErrors = useFieldErrors()
  return form.onSubmit((values) =>
    save.mutate(bodyOf(values), {
      onSuccess: (now) => {
        form.setInitialValues(valuesOf(now))
        form.reset()
      },
      onError: (error) => form.setErrors(fieldErrors(error)),
    }),
  )
}
