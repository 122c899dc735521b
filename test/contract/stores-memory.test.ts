import { memoryStores } from '../../adapters/memory/memory-stores.ts'
import { storesContract } from './stores-contract.ts'

storesContract('in memory', async () => memoryStores())
