/** Which certificates, and which reasons, a list speaks for (RFC 5280 6.3.3 (b), (d)). Not whether anybody signed it. */
import type { Certificate } from '../certificate.ts';
import type { CertificateList } from '../certificate-list.ts';
import { directoryKey } from '../names/general-name.ts';
import { allReasons, type DistributionPoint, keysOfPoint } from './distribution.ts';

/** By the name of its issuer alone: lists that are not are none of this certificate's business. */
export function isAbout(list: CertificateList, certificate: Certificate): boolean {
  return list.issuer.key === certificate.issuer.key || isNamedIssuer(list, certificate);
}

/** Whether the certificate itself sends its readers to this list's issuer. */
export function isNamedIssuer(list: CertificateList, { extensions }: Certificate): boolean {
  return extensions.distributionPoints.some(
    ({ crlIssuers }) => crlIssuers?.some(({ key }) => key === list.issuer.key) ?? false,
  );
}

/** Reasons for which the list would name the certificate, had it been revoked. Empty where the list is not for it. */
export function reasonsCovered(list: CertificateList, certificate: Certificate): ReadonlySet<number> {
  const covered = new Set<number>();
  if (!isKindCovered(list, certificate)) return covered;
  // RFC 5280 6.3.3: after the points a certificate names, its issuer's own list.
  const implied = { name: null, reasons: null, crlIssuers: null };
  for (const point of [...certificate.extensions.distributionPoints, implied]) {
    if (!isIssuerOfPoint(list, point, certificate) || !isPointOf(list, point, certificate)) continue;
    for (const reason of allReasons) {
      if ((point.reasons?.has(reason) ?? true) && (list.scope?.reasons?.has(reason) ?? true)) covered.add(reason);
    }
  }
  return covered;
}

function isKindCovered({ scope }: CertificateList, { extensions }: Certificate): boolean {
  const isCa = extensions.basicConstraints?.isCa ?? false;
  switch (scope?.only) {
    case 'user':
      return !isCa;
    case 'ca':
      return isCa;
    case 'attribute':
      return false;
    default:
      return true;
  }
}

/** RFC 5280 6.3.3 (b) (1). */
function isIssuerOfPoint(list: CertificateList, point: DistributionPoint, certificate: Certificate): boolean {
  if (point.crlIssuers === null) return list.issuer.key === certificate.issuer.key;
  return (list.scope?.isIndirect ?? false) && point.crlIssuers.some(({ key }) => key === list.issuer.key);
}

/** RFC 5280 6.3.3 (b) (2) (i): a list that is for one point has to be for this one. */
function isPointOf(list: CertificateList, point: DistributionPoint, certificate: Certificate): boolean {
  if (list.scope === null || list.scope.name === null) return true;
  const published = keysOfPoint(list.scope.name, list.issuer);
  return namesOfPoint(point, certificate).some((name) => published.includes(name));
}

function namesOfPoint({ name, crlIssuers }: DistributionPoint, certificate: Certificate): readonly string[] {
  if (name !== null) return keysOfPoint(name, crlIssuers?.[0] ?? certificate.issuer);
  return (crlIssuers ?? [certificate.issuer]).map(({ key }) => directoryKey(key));
}
