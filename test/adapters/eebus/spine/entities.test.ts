// Entities of ours that come and go, as a device hears of it that has subscribed to node management.
import { expect, it } from 'vitest'
import { conversation, errorOf, MANAGEMENT, PEER_MANAGEMENT } from './conversation.ts'

const DISCOVERY = 'nodeManagementDetailedDiscoveryData'
const USE_CASES = 'nodeManagementUseCaseData'

it('are told of in part, with their use cases; ties to them are gone, and reads find nothing', () => {
  const peer = conversation()
  peer.discover()
  const ends = { clientAddress: PEER_MANAGEMENT, serverAddress: MANAGEMENT }
  peer.say('call', { nodeManagementSubscriptionRequestCall: { subscriptionRequest: ends } }, peer.management)
  peer.bind()
  peer.subscribe()
  peer.device.setPresent([1], false)
  const gone = peer.taken()
  expect(gone.map(({ header }) => header['cmdClassifier'])).toEqual(['notify', 'notify'])
  expect(gone[0]!.command).toEqual({
    function: DISCOVERY,
    filter: [{ cmdControl: { partial: {} } }],
    [DISCOVERY]: {
      deviceInformation: { description: { deviceAddress: { device: 'd:_i:Ours' } } },
      entityInformation: [
        { description: { entityAddress: { device: 'd:_i:Ours', entity: [1] }, entityType: 'CEM', lastStateChange: 'removed' } },
      ],
    },
  })
  expect(gone[1]!.command).toEqual({ [USE_CASES]: {} })
  expect(peer.link.bindings()).toEqual([])
  expect(errorOf(peer.read('loadControlLimitListData'))).toBe(4)
  expect(errorOf(peer.bind())).toBe(7)
  // Once is enough.
  peer.device.setPresent([1], false)
  expect(peer.taken()).toEqual([])

  peer.device.setPresent([1], true)
  const [back, useCases] = peer.taken()
  expect(back!.command[DISCOVERY]).toMatchObject({
    entityInformation: [{ description: { lastStateChange: 'added' } }],
    featureInformation: [{ description: { featureType: 'LoadControl' } }, { description: { featureType: 'DeviceDiagnosis' } }],
  })
  expect(JSON.stringify(useCases!.command)).toContain('limitationOfPowerConsumption')
  expect(peer.read('loadControlLimitListData')[0]!.header['cmdClassifier']).toBe('reply')
  expect(errorOf(peer.bind())).toBe(0)
  peer.link.ended()
  peer.device.setPresent([1], false)
  expect(peer.taken()).toEqual([])
})
