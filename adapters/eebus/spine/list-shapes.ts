// The lists of SPINE that we merge: what their items are called, what tells them apart, and what only their owner says.

export interface ListShape {
  readonly item: string
  readonly key: readonly string[]
  readonly own: readonly string[]
}

function list(item: string, key: readonly string[], own: readonly string[] = []): ListShape {
  return { item, key, own }
}

/** By the name of the function. */
export const LISTS: Readonly<Record<string, ListShape | undefined>> = {
  loadControlLimitListData: list('loadControlLimitData', ['limitId'], ['isLimitChangeable']),
  loadControlLimitDescriptionListData: list('loadControlLimitDescriptionData', ['limitId']),
  loadControlLimitConstraintsListData: list('loadControlLimitConstraintsData', ['limitId']),
  deviceConfigurationKeyValueListData: list('deviceConfigurationKeyValueData', ['keyId'], ['isValueChangeable']),
  deviceConfigurationKeyValueDescriptionListData: list('deviceConfigurationKeyValueDescriptionData', ['keyId']),
  electricalConnectionDescriptionListData: list('electricalConnectionDescriptionData', ['electricalConnectionId']),
  electricalConnectionParameterDescriptionListData: list('electricalConnectionParameterDescriptionData', [
    'electricalConnectionId',
    'parameterId',
  ]),
  electricalConnectionPermittedValueSetListData: list('electricalConnectionPermittedValueSetData', [
    'electricalConnectionId',
    'parameterId',
  ]),
  electricalConnectionCharacteristicListData: list('electricalConnectionCharacteristicData', [
    'electricalConnectionId',
    'parameterId',
    'characteristicId',
  ]),
  measurementListData: list('measurementData', ['measurementId']),
  measurementDescriptionListData: list('measurementDescriptionData', ['measurementId']),
  measurementConstraintsListData: list('measurementConstraintsData', ['measurementId']),
  identificationListData: list('identificationData', ['identificationId']),
  timeSeriesListData: list('timeSeriesData', ['timeSeriesId']),
  timeSeriesDescriptionListData: list('timeSeriesDescriptionData', ['timeSeriesId']),
  timeSeriesConstraintsListData: list('timeSeriesConstraintsData', ['timeSeriesId']),
}
