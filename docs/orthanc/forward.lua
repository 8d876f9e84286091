-- What came over DIMSE stays here for MIP to read. What came another way is a result of MIP: it goes on to the PACS by C-STORE,
-- and leaves once it is there. A PACS that is down: Orthanc's job engine keeps the job, and the result stays here meanwhile.
function OnStoredInstance(instanceId, tags, metadata, origin)
  if origin['RequestOrigin'] ~= 'DicomProtocol' then
    SendToModality(instanceId, 'pacs')
  end
end
